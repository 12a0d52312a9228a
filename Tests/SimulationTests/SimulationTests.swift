import Simulation
import TestTraits
import Testing

@Suite("A cluster, simulated", .serialized, .ownThread)
struct SimulationTests {
  @Test("no token is lost, doubled or altered and everything comes to an end, whatever goes wrong")
  func seeds() {
    let fresh = UInt64.random(in: 1_000_000...UInt64.max / 2)
    print("simulation: fresh seed \(fresh)")
    for seed in Array(0..<2000) + [fresh] {
      var simulation = Simulation(seed: seed)
      do {
        let report = try simulation.run()
        #expect(report.requests > 0)
      } catch {
        Issue.record("\(error)")
      }
    }
  }

  @Test("faults as fast as steps are not the requests' doing", arguments: [55251, 4627, 1112, 1031])
  func known(seed: UInt64) throws {
    var simulation = Simulation(seed: seed, disksFill: false, plansTakeTime: false, sharesPages: false)
    #expect(throws: Never.self) { try simulation.run() }
  }

  @Test("a request that ends every plan is found after eight, and no other ends with it", arguments: Poison.allCases)
  func poison(_ poison: Poison) {
    for seed in UInt64(0)..<100 {
      var simulation = Simulation(seed: seed, poison: poison)
      do {
        let report = try simulation.run()
        #expect((8...16).contains(report.poisonings) && report.blamed == 1, "seed \(seed): \(report.poisonings)")
      } catch {
        Issue.record("\(error)")
      }
    }
  }

  /// From which seed on a planted mistake is looked for: that one is caught by one seed in some hundreds.
  static func firstSeed(_ bug: PlantedBug) -> UInt64 {
    bug == .keepsSequencesOfAnyEpoch ? 700 : 0
  }

  @Test("planted mistakes are caught", arguments: PlantedBug.allCases)
  func plantedBug(_ bug: PlantedBug) {
    let first = Self.firstSeed(bug)
    for seed in first..<first + 400 {
      var simulation = Simulation(seed: seed, bug: bug)
      do {
        _ = try simulation.run()
      } catch {
        return
      }
    }
    Issue.record("\(bug.rawValue) goes unnoticed")
  }
}
