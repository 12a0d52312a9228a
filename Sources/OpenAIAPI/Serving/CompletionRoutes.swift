import Hummingbird
import Core
import Logging

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The two endpoints that generate text.
struct CompletionRoutes: Sendable {
  let engine: any InferenceEngine
  let codec: any TextCodec
  let settings: APISettings

  /// An error within this time becomes the response's status; later ones are events in the stream.
  private static let headTimeout: Duration = .seconds(1)

  func chat(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await reader.decode(ChatRequest.self, from: request)
    let prepared = try preparation.prepare(body)
    return try await answer([prepared], body.common, .chat, context)
  }

  func complete(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await reader.decode(CompletionRequest.self, from: request)
    let prepared = try preparation.prepare(body)
    return try await answer(prepared, body.common, .completion, context)
  }

  private var reader: BodyReader { BodyReader(maximumByteCount: settings.maximumBodyByteCount) }

  private var preparation: AnswerPreparation {
    AnswerPreparation(model: engine.model, codec: codec, settings: settings)
  }

  private func answer(
    _ prepared: [PreparedAnswer], _ common: CommonFields, _ kind: AnswerHead.Kind,
    _ context: APIContext
  ) async throws -> Response {
    let head = AnswerHead(
      kind: kind, id: RandomName.make(prefix: kind.idPrefix), created: Int(Date().timeIntervalSince1970),
      model: engine.model.id)
    return common.isStreamed
      ? try await stream(prepared, common, head, context)
      : try await whole(prepared, head, context)
  }

  private func whole(
    _ prepared: [PreparedAnswer], _ head: AnswerHead, _ context: APIContext
  ) async throws -> Response {
    let collector = AnswerCollector(engine: engine, codec: codec)
    let answers = try await context.client.canceling { try await collector.collect(prepared) }
    let body = AnswerBody(head: head, answers: answers)
    Self.log(answers.reduce(Usage()) { $0 + $1.usage }, failure: nil, context.logger)
    return JSONBody.response(body)
  }

  private func stream(
    _ prepared: [PreparedAnswer], _ common: CommonFields, _ head: AnswerHead,
    _ context: APIContext
  ) async throws -> Response {
    guard let one = prepared.first else { throw EngineError.emptyPrompt }
    // Two ticks may pass after a write that follows a tick.
    let interval = settings.keepAliveInterval / 2
    let feed = AnswerFeed(
      engine: engine, request: one.generation, firstTick: min(Self.headTimeout, interval),
      interval: interval)
    let client = context.client
    client.onLeaving { feed.cancel() }
    let first: AnswerFeed.Item?
    do {
      first = try await feed.first()
    } catch {
      throw APIError(cause: error, promptTokenCount: one.generation.prompt.count)
    }
    let stream = AnswerStream(
      head: head, prepared: prepared, feed: feed, firstItem: first, streamsUsage: common.streamsUsage,
      keepAliveInterval: interval, engine: engine, codec: codec, client: client)
    let logger = context.logger
    return Response(
      status: .ok, headers: ServerSentEvent.headers,
      body: ResponseBody { writer in
        do {
          let outcome = try await stream.write(to: &writer)
          Self.log(outcome.usage, failure: outcome.failure, logger)
        } catch {
          logger.info("client disconnected during the completion", metadata: ["error": .string("\(error)")])
          throw error
        }
        try await writer.finish(nil)
      })
  }

  private static func log(_ usage: Usage, failure: (any Error)?, _ logger: Logger) {
    let metadata: Logger.Metadata = [
      "prompt_tokens": .stringConvertible(usage.promptTokens),
      "completion_tokens": .stringConvertible(usage.completionTokens),
    ]
    if let failure {
      logger.error("completion failed: \(failure)", metadata: metadata)
    } else {
      logger.info("completed", metadata: metadata)
    }
  }
}
