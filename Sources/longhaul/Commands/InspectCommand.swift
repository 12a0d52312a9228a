import ArgumentParser
import Cluster
import Inference
import Weights

/// `longhaul inspect`: what is in a model file, and what policy a length would get.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows a model file's metadata, tensors, tokenizer and trained length, and the policy of a given length.")

  @OptionGroup var model: ModelOptions
  @OptionGroup var policy: PolicyOptions

  @Option(help: "Show what a sequence of this many tokens, prompt and answer together, would get.")
  var context: Int?

  @Flag(help: "List every tensor.")
  var tensors = false

  @Flag(help: "Print one JSON object.")
  var json = false

  struct Report: Encodable {
    struct Tensor: Encodable {
      let name: String
      let type: String
      let dimensions: [Int]
      let bytes: Int?
    }
    struct Policy: Encodable {
      let contextLength: Int
      let policy: PolicyReport
      let largestRelativePosition: Int
      let longestLength: Int
      let warning: String?
    }
    let files: [String]
    let bytes: Int
    let fingerprint: String
    let metadata: [String: String]
    let architecture: String?
    let name: String?
    let layers: Int?
    let trainedLength: Int?
    let longestAutomaticLength: Int?
    let vocabularySize: Int?
    let tokenizer: String
    /// Why this is no model that can be run; absent for one that can.
    let problem: String?
    let policy: Policy?
    let tensors: [Tensor]
  }

  func run() throws {
    let report = try makeReport(try model.open())
    if json { return try StandardOutput.json(report) }
    try StandardOutput.write(lines(report).joined(separator: "\n") + "\n")
  }

  private func makeReport(_ checkpoint: Checkpoint) throws -> Report {
    let settings = try policy.settings()
    var configuration: ModelConfiguration?
    var problem: String?
    do { configuration = settings.applied(to: try checkpoint.configuration) } catch { problem = "\(error)" }
    return Report(
      files: checkpoint.fileNames, bytes: checkpoint.byteCount, fingerprint: checkpoint.fingerprint,
      metadata: Dictionary(checkpoint.metadataLines.map { ($0.key, $0.value) }) { first, _ in first },
      architecture: configuration?.architecture, name: configuration?.name, layers: configuration?.layerCount,
      trainedLength: configuration?.trainedLength,
      longestAutomaticLength: configuration.map {
        PolicyChoice.longestAutomaticLength(trainedLength: $0.trainedLength, window: settings.neighborWindow)
      }, vocabularySize: configuration?.vocabularySize, tokenizer: tokenizerLine(checkpoint), problem: problem,
      policy: try configuration.flatMap { try policyReport($0, settings.request) },
      tensors: checkpoint.tensors.map {
        Report.Tensor(
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

  private func policyReport(_ configuration: ModelConfiguration, _ request: PolicyRequest) throws -> Report.Policy? {
    guard let context else { return nil }
    guard (1...Limits.maximumContext).contains(context) else {
      throw CommandFailure(.usage, "--context must be between 1 and \(Limits.maximumContext)")
    }
    let choice = try PolicyChoice.forLength(
      context, trainedLength: configuration.trainedLength, request: request)
    return Report.Policy(
      contextLength: context, policy: PolicyReport(choice.policy),
      largestRelativePosition: choice.policy.largestRelativePosition(length: context),
      longestLength: choice.policy.longestLength, warning: choice.warning)
  }

  private func lines(_ report: Report) -> [String] {
    var lines = ["files: \(report.files.joined(separator: ", ")) (\(ByteText.of(report.bytes)))"]
    lines.append("fingerprint: \(report.fingerprint)")
    if let name = report.name, let layers = report.layers, let trained = report.trainedLength,
      let longest = report.longestAutomaticLength
    {
      lines.append("model: \(name), \(report.architecture ?? ""), \(layers) layers")
      lines.append("trained length: \(trained); longest with the automatic SelfExtend policy: \(longest)")
    }
    lines.append("tokenizer: \(report.tokenizer)")
    if let problem = report.problem { lines.append("cannot be run: \(problem)") }
    if let policy = report.policy {
      let share = report.trainedLength.map { 100 * policy.largestRelativePosition / $0 } ?? 0
      lines.append(
        "a length of \(policy.contextLength) gets group size \(policy.policy.groupSize), neighbor window "
          + "\(policy.policy.neighborWindow): largest relative position \(policy.largestRelativePosition) (\(share) % "
          + "of the trained length), longest length \(policy.longestLength)")
      if let warning = policy.warning { lines.append("warning: \(warning)") }
    }
    lines.append("metadata:")
    lines += report.metadata.sorted { $0.key < $1.key }.map { "  \($0.key) = \($0.value)" }
    lines.append("tensors: \(report.tensors.count)\(tensors ? "" : " (--tensors lists them)")")
    if tensors {
      lines += report.tensors.map { tensor in
        let shape = tensor.dimensions.map(String.init).joined(separator: " x ")
        return "  \(tensor.name): \(tensor.type) [\(shape)]"
      }
    }
    return lines
  }
}
