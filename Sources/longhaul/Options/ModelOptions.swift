import ArgumentParser
import Core
import Weights

/// The model file of a command.
struct ModelOptions: ParsableArguments {
  @Argument(help: "A GGUF file, or the first part of a split one. Default: the bundled demo model.")
  var model: String?

  func open() throws -> Checkpoint { try Checkpoint(path: try path()) }

  /// What the file says of its tokenizer; a warning on stderr for each value that had to be left out.
  static func tokenizer(of checkpoint: Checkpoint) throws -> TokenizerDescription {
    let description = try checkpoint.tokenizer
    for warning in description.warnings { StandardError.line("longhaul: warning: \(warning)") }
    return description
  }

  func path() throws -> String {
    if let model { return model }
    guard let demo = DemoModel.path() else {
      throw CommandFailure(
        .badConfiguration,
        "the bundled demo model is missing; pass a GGUF file, or reinstall with the resources folder")
    }
    return demo
  }
}
