import ArgumentParser
import Cluster
import Core
import Weights

/// `longhaul inspect`: the contents of a model file, and the policy of a context length.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract:
      "Shows a model file's metadata, tensors, tokenizer and trained context, and the policy of a context length.")

  @OptionGroup var model: ModelOptions
  @OptionGroup var policy: PolicyOptions

  @Option(help: "Show the policy for this context length: tokens of prompt and completion together.")
  var context: Int?

  @Flag(help: "List every tensor.")
  var tensors = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let report = try makeReport(try model.open(rope: policy.settings().rope))
    if json { return try StandardOutput.json(report) }
    try StandardOutput.write(report.lines(listingTensors: tensors).joined(separator: "\n") + "\n")
  }

  private func makeReport(_ checkpoint: Checkpoint) throws -> InspectReport {
    let settings = try policy.settings()
    var configuration: ModelConfiguration?
    var problem: String?
    do { configuration = settings.applied(to: try checkpoint.configuration) } catch { problem = "\(error)" }
    return InspectReport(
      files: checkpoint.fileNames, bytes: checkpoint.byteCount, fingerprint: checkpoint.fingerprint,
      metadata: Dictionary(checkpoint.metadataLines.map { ($0.key, $0.value) }) { first, _ in first },
      architecture: configuration?.architecture, name: configuration?.name, layers: configuration?.layerCount,
      trainedLength: configuration?.trainedLength,
      longestAutomaticLength: configuration.map {
        settings.request.longestLength(trainedLength: $0.trainedLength)
      }, vocabularySize: configuration?.vocabularySize, tokenizer: tokenizerLine(checkpoint), problem: problem,
      policy: try configuration.flatMap { try policyReport($0, settings.request) },
      tensors: checkpoint.tensors.map {
        InspectReport.Tensor(
          name: $0.name, type: $0.type.description, dimensions: $0.dimensions, bytes: $0.byteCount)
      })
  }

  private func tokenizerLine(_ checkpoint: Checkpoint) -> String {
    do {
      let description = try checkpoint.tokenizer
      let pre = description.preTokenizer.isEmpty ? "" : " (\(description.preTokenizer))"
      return "\(description.model)\(pre), \(description.tokens.count) tokens"
    } catch {
      return "none: \(error)"
    }
  }

  private func policyReport(_ configuration: ModelConfiguration, _ request: PolicyRequest) throws -> InspectReport
    .Policy?
  {
    guard let context else { return nil }
    guard (1...Limits.maximumContext).contains(context) else {
      throw CommandFailure(.usage, "--context must be between 1 and \(Limits.maximumContext)")
    }
    let choice = try PolicyChoice.forLength(
      context, trainedLength: configuration.trainedLength, request: request)
    return InspectReport.Policy(
      contextLength: context, policy: PolicyReport(choice.policy),
      largestRelativePosition: choice.policy.largestRelativePosition(length: context),
      longestLength: choice.policy.longestLength, warning: choice.warning)
  }
}
