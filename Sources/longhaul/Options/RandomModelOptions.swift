import ArgumentParser
import Core
import Weights

/// A model of random weights in a known shape.
struct RandomModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Random weights in the shape of a known model instead of a file: "
        + ModelShape.known.map(\.name).joined(separator: ", ") + ".", valueName: "shape"))
  var random: String?

  @Option(help: "Element type of the random weights, for example Q4_0, Q8_0, F16, or the mix Q4_K_M.")
  var type = "Q4_0"

  @Option(help: "Keep the random model in this file.")
  var keep: String?

  @Option(help: "Seed of the weights and prompts.")
  var seed: UInt64 = 1

  func validate() throws {
    if let random, ModelShape.named(random) == nil {
      throw ValidationError(
        "--random '\(random)' is unknown; known shapes: " + ModelShape.known.map(\.name).joined(separator: ", "))
    }
    guard types != nil else {
      throw ValidationError(
        "--type '\(type)' is unknown; known types: " + RandomTypes.names.joined(separator: ", "))
    }
    if keep != nil, random == nil { throw ValidationError("--keep requires --random") }
  }

  var shape: ModelShape? { random.flatMap(ModelShape.named) }
  var types: RandomTypes? { RandomTypes(type) }
}
