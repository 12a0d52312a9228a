import Cluster
import CoreMetrics
import Core
import Scheduling
import Telemetry

/// The engine's part of what is measured. Guarded by the engine's lock, as what it counts is.
struct EngineMetrics {
  private let registry: MetricRegistry
  private let succeeded: [FinishReason: Counter]
  private let failed: Counter
  private let abandoned: Counter
  private let promptTokens: Counter
  private let generatedTokens: Counter
  private let timeToFirstToken: Recorder
  private let interTokenLatency: Recorder
  private let requestLatency: Recorder
  private let queueTime: Recorder
  private let prefillTime: Recorder
  private let decodeTime: Recorder
  private let plansServed: Counter
  private let replayedTokens: Counter
  private let rereadTokens: Counter
  private let weightsSentBytes: Counter
  private let requestsRunning: Meter
  private let requestsWaiting: Meter
  private let stepsInFlight: Meter
  private let cacheUsage: Meter
  private let isReady: Meter
  /// By place in the pipeline; made when a stage first tells of itself.
  private var stages: [Stage] = []
  private var workers: [String: Worker] = [:]

  private struct Stage {
    let compute, wait, transfer, sentBytes, rows: FloatingPointCounter
    /// What the counters show.
    var shown = StageTotals()
  }

  private struct Worker {
    let isUp, layers: Meter
  }

  init(_ registry: MetricRegistry, build: String, numerics: String) {
    func counter(_ metric: Metric, _ labels: [(String, String)] = []) -> Counter {
      Counter(label: metric.name, dimensions: labels, factory: registry)
    }
    func histogram(_ metric: Metric) -> Recorder { Recorder(label: metric.name, aggregate: true, factory: registry) }
    func gauge(_ metric: Metric) -> Meter { Meter(label: metric.name, factory: registry) }
    self.registry = registry
    succeeded = Dictionary(
      uniqueKeysWithValues: [FinishReason.stop, .length].map {
        ($0, counter(.requestsSucceeded, [("finished_reason", $0.rawValue)]))
      })
    (failed, abandoned) = (counter(.requestsFailed), counter(.requestsAbandoned))
    (promptTokens, generatedTokens) = (counter(.promptTokens), counter(.generatedTokens))
    (timeToFirstToken, interTokenLatency) = (histogram(.timeToFirstToken), histogram(.interTokenLatency))
    (requestLatency, queueTime) = (histogram(.requestLatency), histogram(.queueTime))
    (prefillTime, decodeTime) = (histogram(.prefillTime), histogram(.decodeTime))
    (replayedTokens, rereadTokens) = (counter(.replayedTokens), counter(.rereadTokens))
    (plansServed, weightsSentBytes) = (counter(.plansServed), counter(.weightsSentBytes))
    (requestsRunning, requestsWaiting) = (gauge(.requestsRunning), gauge(.requestsWaiting))
    (stepsInFlight, cacheUsage, isReady) = (gauge(.stepsInFlight), gauge(.cacheUsage), gauge(.isReady))
    Meter(
      label: Metric.buildInfo.name, dimensions: [("version", build), ("numerics", numerics)], factory: registry
    ).set(1)
  }

  // MARK: Requests

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

  func noteWeightsSent(_ byteCount: Int) { weightsSentBytes.increment(by: byteCount) }
  func noteFailures(_ count: Int) { failed.increment(by: count) }
  func noteAbandoned() { abandoned.increment() }

  // MARK: Pipeline and cluster

  func noteServing(_ recovery: RecoveryReport) {
    plansServed.increment()
    replayedTokens.increment(by: recovery.replayedTokenCount)
    rereadTokens.increment(by: recovery.rereadTokenCount)
  }

  /// Shows what the stages spent so far, by their place in the pipeline.
  mutating func show(_ totals: [StageTotals]) {
    for (index, total) in totals.enumerated() {
      if index == stages.count { stages.append(stage(index)) }
      let news = total.since(stages[index].shown)
      stages[index].compute.increment(by: news.computeSeconds)
      stages[index].wait.increment(by: news.waitSeconds)
      stages[index].transfer.increment(by: news.transferSeconds)
      stages[index].sentBytes.increment(by: news.sentByteCount)
      stages[index].rows.increment(by: Double(news.rowCount))
      stages[index].shown = total
    }
  }

  private func stage(_ index: Int) -> Stage {
    func counter(_ metric: Metric) -> FloatingPointCounter {
      FloatingPointCounter(label: metric.name, dimensions: [("stage", "\(index)")], factory: registry)
    }
    return Stage(
      compute: counter(.stageCompute), wait: counter(.stageWait), transfer: counter(.stageTransfer),
      sentBytes: counter(.stageSentBytes), rows: counter(.stageRows))
  }

  /// Shows a moment: how many requests there are, and which workers.
  /// - Parameters:
  ///   - present: names of workers that are there.
  ///   - layers: how many layers each worker of the plan has, whether it is there or not.
  mutating func show(_ counts: SchedulerCounts?, isReady: Bool, present: Set<String>, layers: [String: Int]) {
    requestsRunning.set(counts?.runningCount ?? 0)
    requestsWaiting.set(counts?.waitingCount ?? 0)
    stepsInFlight.set(counts?.stepsInFlightCount ?? 0)
    let pages = counts.map { $0.freePageCount + $0.usedPageCount } ?? 0
    cacheUsage.set(pages > 0 ? Double(counts?.usedPageCount ?? 0) / Double(pages) : 0)
    self.isReady.set(isReady ? 1 : 0)
    let names = present.union(layers.keys)
    for name in names {
      let worker = workers[name] ?? worker(name)
      worker.isUp.set(present.contains(name) ? 1 : 0)
      worker.layers.set(layers[name] ?? 0)
      workers[name] = worker
    }
    for (name, worker) in workers where !names.contains(name) {
      worker.isUp.destroy()
      worker.layers.destroy()
      workers[name] = nil
    }
  }

  private func worker(_ name: String) -> Worker {
    func gauge(_ metric: Metric) -> Meter {
      Meter(label: metric.name, dimensions: [("worker", name)], factory: registry)
    }
    return Worker(isUp: gauge(.workerIsUp), layers: gauge(.workerLayers))
  }
}
