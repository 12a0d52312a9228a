import Core
import Synchronization

/// An engine whose answers are written in the test.
final class CannedEngine: InferenceEngine {
  typealias Events = AsyncThrowingStream<GenerationEvent, any Error>

  let model: ServedModel
  private let state: EngineReadiness
  private let script: @Sendable (GenerationRequest, Events.Continuation) throws -> Void
  private let seen = Mutex<[GenerationRequest]>([])
  private let ends: AsyncStream<Bool>
  private let ended: AsyncStream<Bool>.Continuation

  init(
    readiness: EngineReadiness = .ready,
    script: @escaping @Sendable (GenerationRequest, Events.Continuation) throws -> Void
  ) {
    model = Self.model
    state = readiness
    self.script = script
    (ends, ended) = AsyncStream.makeStream()
  }

  /// Answers every prompt with `text`, a token a byte, until the limit or a stop token.
  static func answering(_ text: String, after prefill: [Int] = []) -> CannedEngine {
    CannedEngine { request, events in
      events.yield(.admitted(try choice(request)))
      for done in prefill { events.yield(.prefillProgress(done: done, total: request.prompt.count)) }
      if let first = request.scoresPromptFrom {
        let scores = (first..<request.prompt.count).map { -Float($0) }
        let top = (first..<request.prompt.count).map { index in
          (0..<(request.topLogprobCount ?? 0)).map {
            TokenLogprob(token: request.prompt[index] + 1 + TokenID($0), logprob: -0.25 - Float($0))
          }
        }
        events.yield(.promptLogprobs(first: first, values: scores, top: request.topLogprobCount == 0 ? [] : top))
      }
      if request.pooling != nil {
        events.yield(.pooled((0..<8).map { bits in Float(request.prompt.count { Int($0) & 7 == bits }) }))
      }
      let all = ByteVocabulary.tokens(of: text)
      let tokens = all.prefix(request.maximumNewTokens ?? .max).prefix { !request.stopTokens.contains($0) }
      for token in tokens { events.yield(tokenEvent(token, request)) }
      let reason: FinishReason = tokens.count == request.maximumNewTokens ? .length : .stop
      var timings = GenerationTimings()
      timings.promptTokenCount = request.prompt.count
      timings.generatedTokenCount = tokens.count
      timings.prefillSeconds = 0.5
      timings.decodeSeconds = 2
      events.yield(.finished(reason, timings))
      events.finish()
    }
  }

  static func tokenEvent(_ token: TokenID, _ request: GenerationRequest) -> GenerationEvent {
    guard let count = request.topLogprobCount else { return .token(token, logprob: nil, top: []) }
    let top = (0..<count).map { TokenLogprob(token: token + TokenID($0), logprob: -0.5 - Float($0)) }
    return .token(token, logprob: -0.5, top: top)
  }

  static func choice(_ request: GenerationRequest) throws -> PolicyChoice {
    let length = request.prompt.count + (request.maximumNewTokens ?? 1)
    return try .forLength(length, trainedLength: model.configuration.trainedLength, request: request.policy)
  }

  static let model = ServedModel(
    id: "org/canned",
    configuration: ModelConfiguration(
      name: "canned", architecture: "llama", layerCount: 2, hiddenSize: 8, feedForwardSize: 16,
      queryHeadCount: 2,
      keyValueHeadCount: 1, headDimension: 4, vocabularySize: 259, trainedLength: 256, normEpsilon: 1e-5,
      rope: RopeConfiguration(base: 10_000, rotaryDimension: 4, layout: .halfSplit, scaling: .none),
      hasTiedHead: true),
    contextLength: 512)

  /// The requests that came, in order.
  var requests: [GenerationRequest] { seen.withLock { $0 } }

  /// Waits for the next generation to end; true when it was cancelled.
  func nextEndIsCancellation() async -> Bool? {
    for await end in ends { return end }
    return nil
  }

  func readiness() async -> EngineReadiness { state }

  func generate(_ request: GenerationRequest) async throws -> Events {
    seen.withLock { $0.append(request) }
    let (stream, continuation) = Events.makeStream()
    continuation.onTermination = { [ended] end in
      if case .cancelled = end { ended.yield(true) } else { ended.yield(false) }
    }
    try script(request, continuation)
    return stream
  }
}
