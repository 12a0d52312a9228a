import ArgumentParser
import Core

/// Sampling parameters.
struct SamplingOptions: ParsableArguments {
  @Option(help: "Sampling temperature; 0 is greedy. Default: the model's, else 0.8.")
  var temperature: Float?

  @Option(help: "Sample from the k most likely tokens; 0 samples from all. Default: the model's, else 40.")
  var topK: Int?

  @Option(
    help: """
      Sample from the smallest set of most likely tokens whose probabilities reach this sum. Default: the model's, \
      else 0.95.
      """)
  var topP: Float?

  @Option(help: "Drop tokens less likely than this share of the most likely token. Default: the model's, else 0.05.")
  var minP: Float?

  @Option(help: "Divide the logits of tokens already in the sequence by this. Default: the model's, else 1.")
  var repetitionPenalty: Float?

  @Option(help: "Subtract this from the logits of tokens already generated.")
  var presencePenalty: Float = 0

  @Option(help: "Subtract this from a token's logit for each time it was generated.")
  var frequencyPenalty: Float = 0

  @Option(help: "Seed of the sampler. Default: random.")
  var seed: UInt64?

  func validate() throws {
    do {
      try parameters(over: SamplingDefaults()).validate()
    } catch {
      throw ValidationError("--\(error)")
    }
  }

  /// What the command line says, else what the model recommends, else defaults of the program.
  func parameters(over recommended: SamplingDefaults) -> SamplingParameters {
    var parameters = SamplingParameters()
    (parameters.temperature, parameters.topK, parameters.topP, parameters.minP) = (0.8, 40, 0.95, 0.05)
    parameters = recommended.applied(to: parameters)
    parameters.temperature = temperature ?? parameters.temperature
    parameters.topK = topK ?? parameters.topK
    parameters.topP = topP ?? parameters.topP
    parameters.minP = minP ?? parameters.minP
    parameters.repetitionPenalty = repetitionPenalty ?? parameters.repetitionPenalty
    parameters.presencePenalty = presencePenalty
    parameters.frequencyPenalty = frequencyPenalty
    parameters.seed = seed ?? UInt64.random(in: 0...UInt64.max)
    return parameters
  }
}
