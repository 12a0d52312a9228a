import Simulation
import Testing

@Suite("A cluster, simulated")
struct SimulationTests {
  @Test("no token is lost, doubled or altered and everything comes to an end, whatever goes wrong")
  func seeds() async throws {
    let fresh = UInt64.random(in: 1_000_000...UInt64.max / 2)
    print("simulation: fresh seed \(fresh)")
    let seeds = Array(0..<2000) + [fresh]
    let taskCount = 4
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<taskCount {
        group.addTask {
          for seed in stride(from: task, to: seeds.count, by: taskCount).map({ seeds[$0] }) {
            var simulation = Simulation(seed: seed)
            do {
              let report = try simulation.run()
              #expect(report.requests > 0)
            } catch {
              Issue.record("\(error)")
            }
          }
        }
      }
    }
  }

  /// From which seed on a planted mistake is looked for: that one is caught by one seed in some hundreds.
  static func firstSeed(_ bug: PlantedBug) -> UInt64 {
    bug == .keepsSequencesOfAnyEpoch ? 80 : 0
  }

  @Test("planted mistakes are caught", arguments: PlantedBug.allCases)
  func plantedBug(_ bug: PlantedBug) {
    let first = Self.firstSeed(bug)
    let caught = (first..<first + 400).contains { seed in
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
