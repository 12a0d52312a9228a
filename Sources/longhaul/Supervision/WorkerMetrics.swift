import Core
import CoreMetrics
import Foundation
import Telemetry
import Worker

/// A worker's metrics, in Prometheus' text format.
struct WorkerMetrics: Sendable {
  private let registry = MetricRegistry()
  private let isReady, layers, loaded, weights, cache, resident, majorFaults: Meter

  /// - Parameter name: the worker's, in its cluster.
  init(name: String) {
    let registry = registry
    func gauge(_ metric: Metric) -> Meter {
      Meter(label: metric.name, dimensions: [("worker", name)], factory: registry)
    }
    (isReady, layers, loaded) = (gauge(.workerIsReady), gauge(.workerLayers), gauge(.loadedShare))
    (weights, cache) = (gauge(.weightBytes), gauge(.cacheBytes))
    (resident, majorFaults) = (gauge(.residentBytes), gauge(.majorFaults))
    Meter(
      label: Metric.buildInfo.name, dimensions: [("version", BuildInfo.version), ("numerics", NumericsID.current)],
      factory: registry
    ).set(1)
  }

  func text(of status: WorkerStatus) -> String {
    isReady.set(status.isReady ? 1 : 0)
    layers.set(status.layers?.count ?? 0)
    switch status.phase {
    case .loading(let share): loaded.set(share)
    case .serving: loaded.set(1)
    case .connecting, .standby, .failed: loaded.set(0)
    }
    weights.set(status.weightByteCount)
    cache.set(status.kvByteCount)
    let usage = Self.usage()
    resident.set(usage.residentByteCount)
    majorFaults.set(usage.majorFaultCount)
    return registry.text
  }

  /// What the kernel counts of this process.
  private static func usage() -> (residentByteCount: Int, majorFaultCount: Int) {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
    let resident = pages?.dropFirst().first.flatMap { Int($0) } ?? 0
    return (resident * Int(sysconf(Int32(_SC_PAGESIZE))), Int(usage.ru_majflt))
  }
}
