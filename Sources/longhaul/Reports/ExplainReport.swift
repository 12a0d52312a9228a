import Evaluation
import Foundation
import Core

/// What `explain --json` prints.
struct ExplainReport: Report {
  struct Row: Encodable {
    /// `plain`, `self-extend`, `rerope`, `string`, `jet-long` or `self`.
    let method: String
    let groupSize: Int?
    let neighborWindow: Int?
    let farStart: Int?
    let largestRelativePosition: Int
    let shareOfTrainedLength: Double
    let longestLength: Int
    let admits: Bool
    let meetsRule: Bool
    fileprivate let policy: PositionPolicy

    private enum CodingKeys: CodingKey {
      case method, groupSize, neighborWindow, farStart, largestRelativePosition, shareOfTrainedLength, longestLength
      case admits, meetsRule
    }

    init(_ row: PolicyExplanation.Row) {
      (policy, method) = (row.policy, row.policy.methodName)
      (groupSize, neighborWindow, farStart) = (policy[.groupSize], policy[.neighborWindow], policy[.farStart])
      (largestRelativePosition, longestLength) = (row.largestRelativePosition, row.longestLength)
      (shareOfTrainedLength, admits, meetsRule) = (row.shareOfTrainedLength, row.admits, row.meetsRule)
    }
  }

  let model: String
  let contextLength: Int
  let trainedLength: Int
  let trainedLengthOrigin: String
  let longestAutomaticLength: Int
  /// Absent when no automatic policy admits the length.
  let choice: Row?
  let reason: String
  /// Of the cluster, whatever the length.
  let attention: String
  let warning: String?
  let alternatives: [Row]

  init(_ explanation: PolicyExplanation, model: String, origin: String, attention: AttentionArithmetic, longest: Int) {
    self.model = model
    contextLength = explanation.length
    trainedLength = explanation.trainedLength
    trainedLengthOrigin = origin
    longestAutomaticLength = longest
    choice = explanation.chosen.map(Row.init)
    reason = explanation.sentence
    self.attention = attention.rawValue
    warning = explanation.warning
    alternatives = explanation.rows.map(Row.init)
  }

  var lines: [String] {
    var lines = ["\(model), trained context \(trainedLength) tokens (from \(trainedLengthOrigin))"]
    if let choice {
      lines.append("\(contextLength) tokens get \(choice.policy.phrase)")
      lines.append("  reason: \(reason)")
      lines.append(
        "  largest relative position: \(choice.largestRelativePosition), \(Self.percent(choice)) of the trained context"
      )
      lines.append("  longest length of this policy: \(choice.longestLength)")
      if let warning { lines.append("  warning: \(warning)") }
    }
    lines.append("longest length of any automatic policy: \(longestAutomaticLength)")
    lines.append("arithmetic of attention: \(attention)")
    lines += ["", "at \(contextLength) tokens:"]
    lines.append(
      Self.column("policy") + "   largest position   of trained   longest length")
    for row in alternatives {
      let isChosen = row.policy == choice?.policy
      let note = row.admits ? (row.meetsRule ? "" : "  close to the trained limit") : "  too long"
      lines.append(
        String(
          format: "%@ %18d   %10@ %16d",
          Self.column(row.policy.name) as NSString, row.largestRelativePosition,
          Self.percent(row) as NSString, row.longestLength) + note + (isChosen ? "  <- chosen" : ""))
    }
    return lines
  }

  private static func column(_ text: String) -> String { text.padding(toLength: 20, withPad: " ", startingAt: 0) }

  private static func percent(_ row: Row) -> String {
    Decimals.percent(row.shareOfTrainedLength, places: 1)
  }
}
