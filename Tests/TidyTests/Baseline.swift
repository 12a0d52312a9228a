import Foundation
import Testing

/// What a rule still tolerates, a number for each place: `Baselines/NAME.txt`. A number that rises is an issue. One
/// that has fallen is lowered by hand, or by LONGHAUL_REWRITE_PAGES=1, which raises none.
struct Baseline {
  private let path: String
  private let heading: [Substring]
  private let tolerated: [String: Int]

  init(_ name: String) throws {
    path = "Tests/TidyTests/Baselines/\(name).txt"
    let lines = try #require(Tree.file(path)).lines
    heading = lines.filter { $0.hasPrefix("#") }
    tolerated = Dictionary(
      uniqueKeysWithValues: lines.compactMap { line in
        let parts = line.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let count = Int(parts[0]) else { return nil }
        return (String(parts[1]), count)
      })
  }

  /// - Parameters:
  ///   - counts: what was found, by place; places that are left out have none.
  ///   - explanation: what to say of a place whose number rose.
  func hold(_ counts: [String: Int], explanation: (String) -> String) throws {
    for (place, count) in counts.sorted(by: { $0.key < $1.key }) {
      let allowed = tolerated[place] ?? 0
      if count > allowed { Issue.record("\(place): \(count), at most \(allowed) tolerated. \(explanation(place))") }
    }
    let now = tolerated.compactMap { place, count in
      let lower = min(count, counts[place] ?? 0)
      return lower == 0 ? nil : (place, lower)
    }.sorted { $0.0 < $1.0 }
    if ProcessInfo.processInfo.environment["LONGHAUL_REWRITE_PAGES"] != nil {
      let lines = heading.map(String.init) + now.map { "\($0.1) \($0.0)" }
      try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: Tree.url(path))
    } else if Dictionary(uniqueKeysWithValues: now) != tolerated {
      print("\(path) tolerates more than there is: LONGHAUL_REWRITE_PAGES=1 lowers its numbers")
    }
  }
}
