import Core
import CoreMetrics
import Telemetry

/// What is measured of requests. Guarded by the token path's lock.
struct RequestMetrics: Sendable {
  private let succeeded: [FinishReason: Counter]
  private let failed: Counter
  private let abandoned: Counter
  private let promptTokens, promptTokensComputed, promptTokensCached: Counter
  private let longestSequence: Meter
  private var longestCount = 0
  private let steps, stepSequences, drafts: Counter
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
    (promptTokensComputed, promptTokensCached) = (counter(.promptTokensComputed), counter(.promptTokensCached))
    longestSequence = Meter(label: Metric.longestSequence.name, factory: registry)
    (steps, stepSequences, drafts) = (counter(.steps), counter(.stepSequences), counter(.drafts))
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

  mutating func noteEnd(_ reason: FinishReason, _ timings: GenerationTimings) {
    succeeded[reason]?.increment()
    promptTokens.increment(by: timings.promptTokenCount)
    promptTokensComputed.increment(by: timings.promptTokenCount - timings.cachedTokenCount)
    promptTokensCached.increment(by: timings.cachedTokenCount)
    longestCount = max(longestCount, timings.promptTokenCount + timings.generatedTokenCount)
    longestSequence.set(longestCount)
    queueTime.record(timings.queueSeconds)
    prefillTime.record(timings.prefillSeconds)
    decodeTime.record(timings.decodeSeconds)
    requestLatency.record(timings.queueSeconds + timings.prefillSeconds + timings.decodeSeconds)
  }

  /// All stages computed a step of so many sequences.
  func noteStep(sequenceCount: Int) {
    steps.increment()
    stepSequences.increment(by: sequenceCount)
  }

  func noteDraft(drafted: Int, accepted: Int) {
    drafts.increment()
    draftedTokens.increment(by: drafted)
    acceptedTokens.increment(by: accepted)
  }

  func noteFailures(_ count: Int) { failed.increment(by: count) }
  func noteAbandoned() { abandoned.increment() }
}
