import ChatTemplates
import Core
import OpenAIAPI

/// A model on a cluster of this command.
struct LocalChatPeer: ChatPeer {
  let engine: any InferenceEngine
  let codec: ModelTextCodec
  let sampling: SamplingParameters
  let policy: PolicyRequest

  func answer(_ messages: [ChatMessage], _ settings: ChatSettings) async throws -> AsyncThrowingStream<
    String, any Error
  > {
    let prompt = try codec.encode(chat: ChatPrompt(messages: messages)).tokens
    let events = try await engine.generate(try request(prompt, settings))
    let (pieces, sink) = AsyncThrowingStream<String, any Error>.makeStream()
    let codec = codec
    let task = Task {
      do {
        var decoder = codec.makeDecoder(DecodingOptions())
        for try await event in events {
          if case .token(let token, _, _) = event { sink.yield(decoder.append(token).text) }
        }
        sink.yield(decoder.finish().text)
        sink.finish()
      } catch {
        sink.finish(throwing: error)
      }
    }
    sink.onTermination = { _ in task.cancel() }
    return pieces
  }

  private func request(_ prompt: [TokenID], _ settings: ChatSettings) throws -> GenerationRequest {
    let room = engine.model.contextLength - prompt.count
    guard room > 0 else {
      throw EngineError.contextExceeded(length: prompt.count + 1, contextLength: engine.model.contextLength)
    }
    var request = GenerationRequest(prompt: prompt, maximumNewTokens: min(settings.maximumTokens ?? room, room))
    request.sampling = sampling
    request.sampling.temperature = settings.temperature ?? sampling.temperature
    request.sampling.topP = settings.topP ?? sampling.topP
    request.sampling.topK = settings.topK ?? sampling.topK
    request.sampling.seed = settings.seed ?? .random(in: .min ... .max)
    request.policy = policy
    request.stopTokens = codec.endTokens
    return request
  }
}
