import Evaluation
import Foundation
import Core

/// What `perplexity --json` prints.
struct PerplexityReport: Report {
  struct Row: Encodable {
    let length: Int
    /// As requested: `plain`, `auto`, `GxW` or a method with its numbers.
    let asked: String
    let policy: PolicyReport
    /// Whether every relative position is within the trained context.
    let admits: Bool
    let scoredTokens: Int
    let perplexity: Double
    let standardError: Double?

    init(_ row: PerplexityMeasurement.Row) {
      length = row.length
      asked = row.setting.description
      policy = PolicyReport(row.policy)
      admits = row.length <= row.policy.longestLength
      scoredTokens = row.estimate.scoredTokenCount
      (perplexity, standardError) = (row.estimate.perplexity, row.estimate.standardError)
    }
  }

  let model: String
  let trainedLength: Int
  let stride: Int
  let windows: Int
  let rows: [Row]

  /// Lengths down, policies across: `8.97 ±0.41`, with a star for untrained positions.
  var lines: [String] {
    var asked: [String] = []
    var lengths: [Int] = []
    for row in rows {
      if !asked.contains(row.asked) { asked.append(row.asked) }
      if !lengths.contains(row.length) { lengths.append(row.length) }
    }
    var table = TextTable(head: ["length"] + asked)
    for length in lengths {
      table.add(
        ["\(length)"]
          + asked.map { name in
            guard let row = rows.first(where: { $0.length == length && $0.asked == name }) else { return "" }
            let error = row.standardError.map { " ±" + Decimals.text($0, places: 2) } ?? ""
            let policy = name == "auto" ? " (\(row.policy.name))" : ""
            return Decimals.text(row.perplexity, places: 2) + error + policy + (row.admits ? "" : " *")
          })
    }
    return [
      "\(model), trained context \(trainedLength)",
      "perplexity ± standard error of the last \(stride) tokens of \(windows) windows",
      "(GxW) is group size and neighbor window; auto is omitted where it is plain; * marks relative positions beyond "
        + "the trained context",
    ] + table.lines
  }
}
