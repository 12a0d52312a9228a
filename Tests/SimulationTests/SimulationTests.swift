import Simulation
import Testing

@Suite("A cluster, simulated")
struct SimulationTests {
  @Test("no token is lost, doubled or altered and everything comes to an end, whatever goes wrong")
  func seeds() throws {
    let fresh = UInt64.random(in: 1_000_000...UInt64.max / 2)
    print("simulation: fresh seed \(fresh)")
    for seed in Array(0..<50) + [fresh] {
      var simulation = Simulation(seed: seed)
      do {
        let report = try simulation.run()
        #expect(report.requests > 0)
      } catch {
        Issue.record("\(error)")
      }
    }
  }

  /// Those that few seeds catch are left to `longhaul-sim bugs`.
  static let common: [PlantedBug] = [
    .stageTakesAnyStep, .sequencesSurviveAssignment, .noRewind, .tellsTwice, .drawsByHistory,
    .heartbeatOfComputeThread, .lostFramesUnnoticed, .releasesIgnored, .resumesWithoutCutting, .holdingsAssumed,
    .progressIgnored,
  ]

  @Test("planted mistakes are caught", arguments: common)
  func plantedBug(_ bug: PlantedBug) {
    let caught = (0..<60 as Range<UInt64>).contains { seed in
      var simulation = Simulation(seed: seed, bug: bug)
      do {
        _ = try simulation.run()
        return false
      } catch {
        return true
      }
    }
    #expect(caught, "\(bug.rawValue) goes unnoticed")
  }
}
