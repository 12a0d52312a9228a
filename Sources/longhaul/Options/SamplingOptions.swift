import ArgumentParser
import Inference

/// How tokens are drawn.
struct SamplingOptions: ParsableArguments {
  @Option(help: "0 always takes the likeliest token; larger is more varied.")
  var temperature: Float = 0.8

  @Option(help: "Draw from the k likeliest tokens; 0 from all.")
  var topK: Int = 40

  @Option(help: "Draw from the likeliest tokens that hold this much probability together.")
  var topP: Float = 0.95

  @Option(help: "Leave out tokens less likely than this share of the likeliest.")
  var minP: Float = 0.05

  @Option(help: "Divide the logits of tokens already seen by this.")
  var repetitionPenalty: Float = 1

  @Option(help: "Subtract this from the logits of tokens already generated.")
  var presencePenalty: Float = 0

  @Option(help: "Subtract this for every time a token was generated.")
  var frequencyPenalty: Float = 0

  @Option(help: "The same seed draws the same tokens. Default: random.")
  var seed: UInt64?

  func validate() throws {
    do {
      try parameters().validate()
    } catch {
      throw ValidationError("--\(error)")
    }
  }

  func parameters() -> SamplingParameters {
    var parameters = SamplingParameters()
    parameters.temperature = temperature
    parameters.topK = topK
    parameters.topP = topP
    parameters.minP = minP
    parameters.repetitionPenalty = repetitionPenalty
    parameters.presencePenalty = presencePenalty
    parameters.frequencyPenalty = frequencyPenalty
    parameters.seed = seed ?? UInt64.random(in: 0...UInt64.max)
    return parameters
  }
}
