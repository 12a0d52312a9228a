import Hummingbird
import Core
import Logging

/// Runs prepared answers and responds with them in a format: what all endpoints that generate share.
struct AnswerResponder: Sendable {
  let engine: any InferenceEngine
  let codec: any TextCodec
  let headTimeout: Duration
  let keepAliveInterval: Duration
  let allowances: KeyAllowances

  /// - Parameter bestCount: how many answers to each prompt are returned, of those prepared.
  func whole(
    _ prepared: [PreparedAnswer], bestCount: Int, in format: any AnswerFormat, _ context: APIContext
  ) async throws -> Response {
    let prepared = attributed(prepared, context)
    let collector = AnswerCollector(engine: engine, codec: codec)
    let answers = try await context.client.canceling { try await collector.collect(prepared) }
    let usage = answers.usage
    Self.log(usage, failure: nil, context.logger)
    return JSONBody.response(bytes: try format.body(answers.best(bestCount), usage: usage))
  }

  func stream(
    _ prepared: [PreparedAnswer], in format: any AnswerFormat, _ context: APIContext
  ) async throws -> Response {
    let prepared = attributed(prepared, context)
    guard !prepared.isEmpty else { throw EngineError.emptyPrompt }
    // Two ticks may pass after a write that follows a tick.
    let interval = keepAliveInterval / 2
    let feed = AnswerFeed(
      engine: engine, requests: prepared.map(\.generation), firstTick: min(headTimeout, interval),
      interval: interval)
    let client = context.client
    client.onLeaving { feed.cancel() }
    let first: AnswerFeed.Item?
    do {
      first = try await feed.first()
    } catch let failure as AnswerFeed.Failure {
      throw APIError(
        cause: failure.cause, promptTokenCount: prepared[failure.index].generation.prompt.count)
    }
    let stream = AnswerStream(prepared: prepared, feed: feed, firstItem: first, codec: codec)
    let logger = context.logger
    return Response(
      status: .ok, headers: format.streamHeaders,
      body: ResponseBody { writer in
        do {
          let outcome = try await stream.write(in: format, to: &writer)
          Self.log(outcome.usage, failure: outcome.failure, logger)
        } catch {
          logger.info("client disconnected during the completion", metadata: ["error": .string("\(error)")])
          throw error
        }
        try await writer.finish(nil)
      })
  }

  /// The answers, each for the tenant that asks and pays: for every prompt once.
  func attributed(_ prepared: [PreparedAnswer], _ context: APIContext) -> [PreparedAnswer] {
    let (allowances, key) = (allowances, context.apiKey)
    var prompts: Set<Int> = []
    return prepared.map {
      var answer = $0
      answer.generation.tenant.key = key
      answer.generation.id = context.requestID
      answer.generation.traceParent = context.traceParent
      answer.charge = { allowances.charge($0, key: key) }
      if prompts.insert(answer.promptIndex).inserted { answer.charge?(answer.generation.prompt.count) }
      return answer
    }
  }

  private static func log(_ usage: Usage, failure: (any Error)?, _ logger: Logger) {
    let metadata: Logger.Metadata = [
      "prompt_tokens": .stringConvertible(usage.promptTokens),
      "cached_tokens": .stringConvertible(usage.cachedTokens),
      "completion_tokens": .stringConvertible(usage.completionTokens),
    ]
    if let failure {
      logger.error("completion failed: \(failure)", metadata: metadata)
    } else {
      logger.info("completed", metadata: metadata)
    }
  }
}
