import Core
import Tokenization

/// A tokenizer of single bytes, but for the blank and a few words: token 3 + b is byte b.
enum ByteModel {
  static func tokenizer(addsSpacePrefix: Bool = true) throws -> Tokenizer {
    let bytes = (0..<256).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return Array("<0x\(digits.count < 2 ? "0" : "")\(digits)>".utf8)
    }
    return try Tokenizer(
      TokenizerDescription(
        model: "llama", preTokenizer: "",
        tokens: ["<unk>", "<s>", "</s>"].map { Array($0.utf8) } + bytes + [Array("▁".utf8)],
        scores: Array(repeating: 0, count: 260),
        kinds: [.unknown, .control, .control] + Array(repeating: .byte, count: 256) + [.normal], merges: [],
        beginToken: 1, endToken: 2, otherEndTokens: [], unknownToken: 0, addsBeginToken: true, addsEndToken: false,
        addsSpacePrefix: addsSpacePrefix, chatTemplate: nil))
  }
}

/// An engine whose answers are a function of the request, given after a varying number of turns so that answers
/// overtake each other.
struct FunctionEngine: InferenceEngine {
  var trainedLength = 256
  /// New tokens.
  var answer: @Sendable (GenerationRequest, PositionPolicy) -> [TokenID] = { _, _ in [] }
  /// Log-probability of the prompt token at an index.
  var logprob: @Sendable (GenerationRequest, PositionPolicy, Int) -> Float = { _, _, _ in -1 }

  var model: ServedModel {
    ServedModel(
      id: "function",
      configuration: ModelConfiguration(
        name: "function", architecture: "llama", layerCount: 1, hiddenSize: 8, feedForwardSize: 8, queryHeadCount: 1,
        keyValueHeadCount: 1, headDimension: 8, vocabularySize: 260, trainedLength: trainedLength, normEpsilon: 1e-5,
        rope: RopeConfiguration(base: 10_000, rotaryDimension: 8, layout: .halfSplit, scaling: .none),
        hasTiedHead: true), contextLength: 1 << 20)
  }

  func readiness() async -> EngineReadiness { .ready }

  func generate(_ request: GenerationRequest) async throws -> AsyncThrowingStream<GenerationEvent, any Error> {
    let length = request.prompt.count + (request.maximumNewTokens ?? 0)
    let choice = try PolicyChoice.forLength(length, trainedLength: trainedLength, request: request.policy)
    for _ in 0..<Int(request.prompt.last ?? 0) % 5 { await Task.yield() }
    let (stream, sink) = AsyncThrowingStream<GenerationEvent, any Error>.makeStream()
    sink.yield(.admitted(choice))
    if let first = request.scoresPromptFrom {
      sink.yield(
        .promptLogprobs(
          first: first, values: (first..<request.prompt.count).map { logprob(request, choice.policy, $0) }, top: []))
    }
    for token in answer(request, choice.policy).prefix(request.maximumNewTokens ?? 0) {
      sink.yield(.token(token, logprob: nil, top: []))
    }
    sink.yield(.finished(.length, GenerationTimings()))
    sink.finish()
    return stream
  }
}
