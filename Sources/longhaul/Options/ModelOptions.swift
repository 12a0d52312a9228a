import ArgumentParser
import Weights

/// The model file of a command.
struct ModelOptions: ParsableArguments {
  @Argument(help: "A GGUF file, or the first part of a split one. Default: the bundled demo model.")
  var model: String?

  func open() throws -> Checkpoint { try Checkpoint(path: try path()) }

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
