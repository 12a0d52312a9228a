import Foundation
import Simulation

// longhaul-sim FIRST COUNT: simulates a cluster for COUNT seeds from FIRST on; prints each failure and ends with
// status 1 when there was one.
// longhaul-sim bugs: which seed catches each planted mistake.
if CommandLine.arguments.dropFirst().first == "bugs" {
  for bug in PlantedBug.allCases {
    let seed = (0..<400 as Range<UInt64>).first { seed in
      var simulation = Simulation(seed: seed, bug: bug)
      return (try? simulation.run()) == nil
    }
    print("\(bug.rawValue): \(seed.map { "caught by seed \($0)" } ?? "NOT CAUGHT")")
  }
  exit(0)
}
let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
guard arguments.count == 2 else {
  print("usage: longhaul-sim FIRST-SEED COUNT")
  exit(2)
}
let (first, count) = (arguments[0], arguments[1])
var failures = 0
var total = SimulationReport()
for seed in first..<first &+ count {
  var simulation = Simulation(seed: seed)
  do {
    let report = try simulation.run()
    total.requests += report.requests
    total.tokens += report.tokens
    total.plans += report.plans
    total.faults += report.faults
    total.keptSequences += report.keptSequences
    total.replayedTokens += report.replayedTokens
    total.rereadTokens += report.rereadTokens
  } catch {
    failures += 1
    print("\(error)")
  }
}
print(
  "\(count) seeds, \(total.requests) requests, \(total.tokens) tokens, \(total.plans) plans, \(total.faults) faults, "
    + "after losses \(total.keptSequences) sequences kept, \(total.replayedTokens) tokens replayed, "
    + "\(total.rereadTokens) read again; "
    + "\(failures) failures")
exit(failures == 0 ? 0 : 1)
