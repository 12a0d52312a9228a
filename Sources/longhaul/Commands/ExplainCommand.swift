import ArgumentParser
import Evaluation
import Foundation
import Core
import Weights

/// `longhaul explain`: the policy of a context length, its reason, and its alternatives. Reads headers only.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explains which policy a context length gets, and compares other group sizes, windows and methods.",
    discussion: """
      Every request gets its policy by this rule, from its prompt tokens plus its maximum new tokens; every response \
      of the API reports it. Exits with status 2 when no automatic policy admits the length.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var policy: PolicyOptions

  @Option(help: "Context length: tokens of prompt and completion together.")
  var context: Int

  @Option(help: "Arithmetic of attention that the cluster is given: exact or fast.")
  var attention: AttentionArithmetic = .exact

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard (1...Limits.maximumContext).contains(context) else {
      throw ValidationError("--context must be between 1 and \(Limits.maximumContext)")
    }
  }

  func run() throws {
    let settings = try policy.settings()
    let checkpoint = try model.open(rope: settings.rope)
    let configuration = settings.applied(to: try checkpoint.configuration)
    let explanation = try PolicyExplanation(
      length: context, trainedLength: configuration.trainedLength, request: settings.request)
    let origin =
      settings.trainedLength.map { "\($0), from the options; the file has \(Self.origin(checkpoint))" }
      ?? Self.origin(checkpoint)
    let report = ExplainReport(
      explanation, model: configuration.name, origin: origin, attention: attention,
      longest: PolicyChoice.longestAutomaticLength(
        trainedLength: configuration.trainedLength,
        window: settings.request.method == .selfExtend ? settings.request.neighborWindow : nil))
    try StandardOutput.write(report, asJSON: json)
    if case .refused(let refusal) = explanation.reason { throw refusal }
  }

  static func origin(_ checkpoint: Checkpoint) -> String {
    do { return try checkpoint.trainedLength.origin } catch { return "nothing (\(error))" }
  }
}
