import ArgumentParser
import Core

/// Sampling parameters.
struct SamplingOptions: ParsableArguments {
  @Option(help: "Sampling temperature; 0 is greedy.")
  var temperature: Float = 0.8

  @Option(help: "Sample from the k most likely tokens; 0 samples from all.")
  var topK: Int = 40

  @Option(help: "Sample from the smallest set of most likely tokens whose probabilities reach this sum.")
  var topP: Float = 0.95

  @Option(help: "Drop tokens less likely than this share of the most likely token.")
  var minP: Float = 0.05

  @Option(help: "Divide the logits of tokens already in the sequence by this.")
  var repetitionPenalty: Float = 1

  @Option(help: "Subtract this from the logits of tokens already generated.")
  var presencePenalty: Float = 0

  @Option(help: "Subtract this from a token's logit for each time it was generated.")
  var frequencyPenalty: Float = 0

  @Option(help: "Seed of the sampler. Default: random.")
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
