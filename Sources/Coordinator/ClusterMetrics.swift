import Core
import CoreMetrics
import Scheduling
import Telemetry

/// What is measured of the cluster: workers, stages, plans, and the scheduler's counts. Guarded by the driver's lock.
struct ClusterMetrics {
  private let registry: MetricRegistry
  private let plansServed: Counter
  private let replayedTokens: Counter
  private let rereadTokens: Counter
  private let preemptions: Counter
  /// What that counter shows.
  private var shownPreemptionCount = 0
  private let requestsRunning: Meter
  private let requestsWaiting: Meter
  private let stepsInFlight: Meter
  private let cacheUsage: Meter
  private let isReady: Meter
  /// By place in the pipeline; made when a stage first reports timings.
  private var stages: [Stage] = []
  private var workers: [String: Worker] = [:]
  private var prefixes: PrefixMetrics

  private struct Stage {
    let compute, wait, transfer, sentBytes, rows: FloatingPointCounter
    /// What the counters show.
    var shown = StageTotals()
  }

  private struct Worker {
    let isUp, layers: Meter
  }

  init(_ registry: MetricRegistry, build: String, numerics: String) {
    func counter(_ metric: Metric) -> Counter { Counter(label: metric.name, factory: registry) }
    func gauge(_ metric: Metric) -> Meter { Meter(label: metric.name, factory: registry) }
    self.registry = registry
    prefixes = PrefixMetrics(registry)
    (replayedTokens, rereadTokens) = (counter(.replayedTokens), counter(.rereadTokens))
    (plansServed, preemptions) = (counter(.plansServed), counter(.preemptions))
    (requestsRunning, requestsWaiting) = (gauge(.requestsRunning), gauge(.requestsWaiting))
    (stepsInFlight, cacheUsage, isReady) = (gauge(.stepsInFlight), gauge(.cacheUsage), gauge(.isReady))
    Meter(
      label: Metric.buildInfo.name, dimensions: [("version", build), ("numerics", numerics)], factory: registry
    ).set(1)
  }

  func noteServing(_ recovery: RecoveryReport) {
    plansServed.increment()
    replayedTokens.increment(by: recovery.replayedTokenCount)
    rereadTokens.increment(by: recovery.rereadTokenCount)
  }

  /// Shows what the stages have spent, by their place in the pipeline.
  mutating func show(_ totals: [StageTotals]) {
    for (index, total) in totals.enumerated() {
      if index == stages.count { stages.append(stage(index)) }
      let added = total.since(stages[index].shown)
      stages[index].compute.increment(by: added.computeSeconds)
      stages[index].wait.increment(by: added.waitSeconds)
      stages[index].transfer.increment(by: added.transferSeconds)
      stages[index].sentBytes.increment(by: added.sentByteCount)
      stages[index].rows.increment(by: Double(added.rowCount))
      stages[index].shown = total
    }
  }

  /// Shows what the prefix cache has given, and has.
  mutating func show(_ totals: PrefixTotals, _ counts: SchedulerCounts?) {
    prefixes.show(totals, keptPageCount: counts?.keptPageCount ?? 0)
  }

  private func stage(_ index: Int) -> Stage {
    func counter(_ metric: Metric) -> FloatingPointCounter {
      FloatingPointCounter(label: metric.name, dimensions: [("stage", "\(index)")], factory: registry)
    }
    return Stage(
      compute: counter(.stageCompute), wait: counter(.stageWait), transfer: counter(.stageTransfer),
      sentBytes: counter(.stageSentBytes), rows: counter(.stageRows))
  }

  /// Shows the present: how many requests run and wait, and which workers have how many layers.
  /// - Parameters:
  ///   - present: names of registered workers.
  ///   - layers: how many layers each worker of the plan has, registered or not.
  mutating func show(_ counts: SchedulerCounts?, isReady: Bool, present: Set<String>, layers: [String: Int]) {
    requestsRunning.set(counts?.runningCount ?? 0)
    requestsWaiting.set(counts?.waitingCount ?? 0)
    stepsInFlight.set(counts?.stepsInFlightCount ?? 0)
    let pages = counts.map { $0.freePageCount + $0.usedPageCount + $0.keptPageCount } ?? 0
    cacheUsage.set(pages > 0 ? Double(counts?.usedPageCount ?? 0) / Double(pages) : 0)
    if let count = counts?.preemptionCount, count > shownPreemptionCount {
      preemptions.increment(by: count - shownPreemptionCount)
      shownPreemptionCount = count
    }
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
