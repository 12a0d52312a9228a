import ArgumentParser
import Core
import Weights

/// The model of a command.
struct ModelOptions: ParsableArguments {
  @Argument(
    help: """
      A GGUF file, the first part of a split one, a Hugging Face folder, or hf:OWNER/REPO[:QUANT|:FILE]. Default: the \
      bundled demo model.
      """)
  var model: String?

  @Flag(help: "Do not ask a hub: a model named hf:… must be in the cache.")
  var offline = false

  @Option(
    help: "Quantize the weights first, for example to Q4_K_M, as longhaul quantize does; kept in the weights cache.",
    transform: QuantizationMix.parse)
  var quantize: QuantizationMix?

  /// - Parameter rope: in place of the scaling that the file states.
  func open(rope: RopeOverride? = nil) throws -> Checkpoint { try Checkpoint(path: try path(), rope: rope) }

  /// What the file says of its tokenizer; a warning on stderr for each value that had to be left out.
  static func tokenizer(of checkpoint: Checkpoint) throws -> TokenizerDescription {
    let description = try checkpoint.tokenizer
    for warning in description.warnings { StandardError.line("longhaul: warning: \(warning)") }
    return description
  }

  func path() throws -> String {
    let path = try sourcePath()
    return try quantize.map { try QuantizedModel.path(of: path, $0) } ?? path
  }

  private func sourcePath() throws -> String {
    if let model {
      guard !model.isEmpty else {
        throw CommandFailure(.usage, "the model's path is empty; pass a GGUF file, or no path for the demo model")
      }
      return try HubModel.isReference(model) ? HubModel.path(model, isOffline: offline) : model
    }
    guard let demo = DemoModel.path() else {
      throw CommandFailure(
        .badConfiguration,
        "the bundled demo model is missing; pass a GGUF file, or reinstall with the resources folder")
    }
    return demo
  }
}
