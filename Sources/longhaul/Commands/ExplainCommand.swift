import ArgumentParser
import Evaluation
import Foundation
import Inference
import Weights

/// `longhaul explain`: which policy a length gets, why, and what others would give. Reads headers only.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Says which SelfExtend policy a length gets and why, and what other group sizes and windows would give.",
    discussion: """
      The same choice is made for every request, from its prompt and its new tokens together; every answer of the API \
      carries it. Ends with status 2 when no automatic policy admits the length.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var policy: PolicyOptions

  @Option(help: "Tokens of prompt and answer together.")
  var context: Int

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard (1...Limits.maximumContext).contains(context) else {
      throw ValidationError("--context must be between 1 and \(Limits.maximumContext)")
    }
  }

  func run() throws {
    let checkpoint = try model.open()
    let settings = try policy.settings()
    let configuration = settings.applied(to: try checkpoint.configuration)
    let explanation = try PolicyExplanation(
      length: context, trainedLength: configuration.trainedLength, request: settings.request)
    let origin =
      settings.trainedLength.map { "\($0), as given; the file says \(Self.origin(checkpoint))" }
      ?? Self.origin(checkpoint)
    let report = ExplainReport(
      explanation, model: configuration.name, origin: origin,
      longest: PolicyChoice.longestAutomaticLength(
        trainedLength: configuration.trainedLength, window: settings.neighborWindow))
    if json {
      try StandardOutput.json(report)
    } else {
      try StandardOutput.write(report.lines.joined(separator: "\n") + "\n")
    }
    if case .refused(let refusal) = explanation.reason { throw refusal }
  }

  static func origin(_ checkpoint: Checkpoint) -> String {
    do { return try checkpoint.trainedLength.origin } catch { return "nothing (\(error))" }
  }
}

/// What `explain --json` prints.
struct ExplainReport: Encodable {
  struct Row: Encodable {
    let groupSize: Int
    let neighborWindow: Int
    let largestRelativePosition: Int
    let shareOfTrainedLength: Double
    let longestLength: Int
    let admits: Bool
    let meetsRule: Bool

    init(_ row: PolicyExplanation.Row) {
      (groupSize, neighborWindow) = (row.policy.groupSize, row.policy.neighborWindow)
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
  let warning: String?
  let alternatives: [Row]

  init(_ explanation: PolicyExplanation, model: String, origin: String, longest: Int) {
    self.model = model
    contextLength = explanation.length
    trainedLength = explanation.trainedLength
    trainedLengthOrigin = origin
    longestAutomaticLength = longest
    choice = explanation.chosen.map(Row.init)
    reason = explanation.sentence
    warning = explanation.warning
    alternatives = explanation.rows.map(Row.init)
  }

  var lines: [String] {
    var lines = ["\(model), trained at \(trainedLength) tokens (\(trainedLengthOrigin))"]
    if let choice {
      lines.append(
        choice.groupSize == 1
          ? "\(contextLength) tokens get plain attention"
          : "\(contextLength) tokens get group size \(choice.groupSize), neighbor window \(choice.neighborWindow)")
      lines.append("  why: \(reason)")
      lines.append(
        "  largest relative position: \(choice.largestRelativePosition), \(Self.percent(choice)) of the trained length")
      lines.append("  longest length it admits: \(choice.longestLength)")
      if let warning { lines.append("  warning: \(warning)") }
    }
    lines.append("longest length with an automatic policy: \(longestAutomaticLength)")
    lines += ["", "at \(contextLength) tokens:", "     G       w   largest position   of trained   longest length"]
    for row in alternatives {
      let isChosen = row.groupSize == choice?.groupSize && row.neighborWindow == choice?.neighborWindow
      let note = row.admits ? (row.meetsRule ? "" : "  close to the end of what was trained") : "  too long"
      lines.append(
        String(
          format: "%6d %7d %18d   %10@ %16d", row.groupSize, row.neighborWindow, row.largestRelativePosition,
          Self.percent(row) as NSString, row.longestLength) + note + (isChosen ? "  <- this one" : ""))
    }
    return lines
  }

  private static func percent(_ row: Row) -> String {
    String(format: "%.1f %%", 100 * row.shareOfTrainedLength)
  }
}
