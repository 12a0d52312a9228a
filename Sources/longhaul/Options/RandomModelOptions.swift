import ArgumentParser
import Inference
import Weights

/// A model that need not exist: random weights in a well-known shape.
struct RandomModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Random weights in the shape of a known model, instead of a file: "
        + ModelShape.known.map(\.name).joined(separator: ", ") + ".", valueName: "shape"))
  var random: String?

  @Option(help: "How the random weights are stored, for example Q4_0, Q8_0, F16, or mixed as in Q4_K_M.")
  var type = "Q4_0"

  @Option(help: "Write the random model to this file and keep it.")
  var keep: String?

  @Option(help: "The same seed makes the same weights and prompts.")
  var seed: UInt64 = 1

  func validate() throws {
    if let random, ModelShape.named(random) == nil {
      throw ValidationError(
        "--random '\(random)' is not known; known shapes: " + ModelShape.known.map(\.name).joined(separator: ", "))
    }
    guard types != nil else {
      throw ValidationError(
        "--type '\(type)' is not known; known types: " + RandomTypes.names.joined(separator: ", "))
    }
    if keep != nil, random == nil { throw ValidationError("--keep goes with --random") }
  }

  var shape: ModelShape? { random.flatMap(ModelShape.named) }
  var types: RandomTypes? { RandomTypes(type) }
}
