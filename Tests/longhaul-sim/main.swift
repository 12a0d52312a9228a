import Foundation
import Simulation

// longhaul-sim FIRST COUNT: simulates a cluster for COUNT seeds from FIRST on; prints each failure and ends with
// status 1 when there was one.
// longhaul-sim bugs [COUNT [MISTAKE]]: which of COUNT seeds catch each planted mistake, and how.
// longhaul-sim transcript NAME: prints what happens in a scenario; without a name, the scenarios.
let arguments = Array(CommandLine.arguments.dropFirst())
if arguments.first == "bugs" {
  let count = arguments.dropFirst().first.flatMap { UInt64($0) } ?? 400
  let wanted = arguments.dropFirst(2).first
  for bug in PlantedBug.allCases where wanted == nil || bug.rawValue == wanted {
    var caught: [SimulationFailure] = []
    for seed in 0..<count {
      var simulation = Simulation(seed: seed, bug: bug)
      do {
        _ = try simulation.run()
      } catch let failure as SimulationFailure {
        caught.append(failure)
      }
    }
    let first = caught.first.map { ", the first is \($0.seed): \($0.rule.prefix(160))" } ?? ""
    print("\(bug.rawValue): caught by \(caught.count) of \(count) seeds\(first)")
  }
  exit(0)
}
if arguments.first == "transcript" {
  for scenario in Scenario.all where arguments.dropFirst().contains(scenario.name) {
    do { print(try scenario.transcript(), terminator: "") } catch { print("\(scenario.name): \(error)") }
  }
  if arguments.count == 1 { print(Scenario.all.map(\.name).joined(separator: "\n")) }
  exit(0)
}
let numbers = arguments.compactMap { UInt64($0) }
guard numbers.count == 2 else {
  print("usage: longhaul-sim FIRST-SEED COUNT | longhaul-sim bugs [COUNT [MISTAKE]] | longhaul-sim transcript [NAME]")
  exit(2)
}
let (first, count) = (numbers[0], numbers[1])
var failures = 0
var total = SimulationReport()
for seed in first..<first &+ count {
  var simulation = Simulation(seed: seed)
  do {
    total.add(try simulation.run())
  } catch {
    failures += 1
    print("\(error)")
  }
}
print("\(count) seeds, \(total); \(failures) failures")
exit(failures == 0 ? 0 : 1)
