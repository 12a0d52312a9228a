import Core
import CoreMetrics
import Telemetry

/// What is measured of requests. Any thread: every metric guards itself.
struct RequestMetrics: Sendable {
  private let succeeded: [FinishReason: Counter]
  private let failed: Counter
  private let abandoned: Counter
  private let promptTokens: Counter
  private let generatedTokens: Counter
  private let draftedTokens: Counter
  private let acceptedTokens: Counter
  private let timeToFirstToken: Recorder
  private let interTokenLatency: Recorder
  private let requestLatency: Recorder
  private let queueTime: Recorder
  private let prefillTime: Recorder
  private let decodeTime: Recorder

  init(_ registry: MetricRegistry) {
    func counter(_ metric: Metric, _ labels: [(String, String)] = []) -> Counter {
      Counter(label: metric.name, dimensions: labels, factory: registry)
    }
    func histogram(_ metric: Metric) -> Recorder { Recorder(label: metric.name, aggregate: true, factory: registry) }
    succeeded = Dictionary(
      uniqueKeysWithValues: [FinishReason.stop, .length].map {
        ($0, counter(.requestsSucceeded, [("finished_reason", $0.rawValue)]))
      })
    (failed, abandoned) = (counter(.requestsFailed), counter(.requestsAbandoned))
    (promptTokens, generatedTokens) = (counter(.promptTokens), counter(.generatedTokens))
    (draftedTokens, acceptedTokens) = (counter(.draftedTokens), counter(.acceptedTokens))
    (timeToFirstToken, interTokenLatency) = (histogram(.timeToFirstToken), histogram(.interTokenLatency))
    (requestLatency, queueTime) = (histogram(.requestLatency), histogram(.queueTime))
    (prefillTime, decodeTime) = (histogram(.prefillTime), histogram(.decodeTime))
  }

  func note(_ latency: TokenLatency) {
    generatedTokens.increment()
    switch latency {
    case .first(let seconds): timeToFirstToken.record(seconds)
    case .next(let seconds): interTokenLatency.record(seconds)
    }
  }

  func noteEnd(_ reason: FinishReason, _ timings: GenerationTimings) {
    succeeded[reason]?.increment()
    promptTokens.increment(by: timings.promptTokenCount)
    queueTime.record(timings.queueSeconds)
    prefillTime.record(timings.prefillSeconds)
    decodeTime.record(timings.decodeSeconds)
    requestLatency.record(timings.queueSeconds + timings.prefillSeconds + timings.decodeSeconds)
  }

  func noteDraft(drafted: Int, accepted: Int) {
    draftedTokens.increment(by: drafted)
    acceptedTokens.increment(by: accepted)
  }

  func noteFailures(_ count: Int) { failed.increment(by: count) }
  func noteAbandoned() { abandoned.increment() }
}
