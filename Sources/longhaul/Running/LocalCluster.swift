import Cluster
import Coordinator
import Foundation
import Core
import Logging
import Transport
import Weights

/// A coordinator in this process and worker processes, connected by `ipc` sockets in a private folder.
struct LocalCluster {
  let engine: ClusterEngine
  /// From the start of the first process until the cluster is ready.
  let loadSeconds: Double
  let plan: LayerPlan
  /// Process ids, in pipeline order.
  let workerIdentifiers: [Int32]

  /// Starts a cluster, runs `body` with it, and always stops it again.
  ///
  /// - Parameters:
  ///   - configuration: the checkpoint's with the user's overrides; nil for the checkpoint's own.
  ///   - endsOnSignals: whether SIGINT and SIGTERM end it; else `body` sees to them.
  ///   - packsFirst: whether workers pack all weights before they serve, so that all steps cost the same.
  /// - Throws: `InfeasiblePlan` before any process starts; a `CommandFailure` that names a worker that keeps failing.
  static func run<Result: Sendable>(
    checkpoint: Checkpoint, configuration: ModelConfiguration? = nil, modelPath: String, demand: KVDemand,
    options: LocalClusterOptions, endsOnSignals: Bool = true, packsFirst: Bool = false, isQuiet: Bool,
    body: @escaping @Sendable (LocalCluster) async throws -> Result
  ) async throws -> Result {
    let path = try ModelPath.absolute(modelPath)
    let configuration = try configuration ?? checkpoint.configuration
    let planner = LayerPlanner(configuration: configuration, weights: try checkpoint.footprint, demand: demand)
    let planned = try planner.plan(workers: options.resources())

    let workers = try LocalWorkers(plan: planned, options: options, packsFirst: packsFirst)
    defer { workers.removeFolder() }
    let engine = try ClusterEngine(
      configuration: ClusterConfiguration(
        model: configuration,
        checkpoint: .init(
          modelID: configuration.name, paths: [path],
          fingerprint: checkpoint.versionFingerprint, footprint: try checkpoint.footprint, rope: checkpoint.rope),
        network: .init(control: workers.control, results: workers.results), demand: demand,
        workerCount: planned.stages.count, awaitsOthers: false, build: BuildInfo.version),
      logger: ProgramLog.logger("coordinator", quiet: true))
    let service = Task { await engine.run() }
    let started = ContinuousClock.now
    do {
      try workers.start()
      let result = try await supervised(by: workers.processes, endsOnSignals: endsOnSignals) {
        try await waitUntilReady(engine, isQuiet: isQuiet)
        let cluster = LocalCluster(
          engine: engine, loadSeconds: (ContinuousClock.now - started).inSeconds, plan: engine.plan ?? planned,
          workerIdentifiers: workers.processes.identifiers)
        return try await body(cluster)
      }
      await end(engine, service, workers)
      return result
    } catch {
      await end(engine, service, workers)
      throw error
    }
  }

  private static func end(_ engine: ClusterEngine, _ service: Task<Void, Never>, _ workers: LocalWorkers) async {
    await workers.processes.end {
      engine.stop(reason: "the command is finished")
      await service.value
    }
  }

  /// Runs `body` until it ends, a worker is lost, or the user presses Ctrl-C.
  private static func supervised<Result: Sendable>(
    by workers: WorkerProcesses, endsOnSignals: Bool, body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        for await loss in workers.losses {
          throw CommandFailure(.unavailable, "\(loss); the request failed")
        }
        return nil
      }
      if endsOnSignals {
        group.addTask {
          for await _ in Interruption.signals() { throw CancellationError() }
          return nil
        }
      }
      defer { group.cancelAll() }
      while let next = try await group.next() {
        if let result = next { return result }
      }
      throw CancellationError()
    }
  }

  private static func waitUntilReady(_ engine: ClusterEngine, isQuiet: Bool) async throws {
    var bar = ProgressBar("loading", isWanted: !isQuiet)
    defer { bar.clear() }
    for await readiness in engine.readinessChanges {
      switch readiness {
      case .ready: return
      case .failed(let reason): throw EngineError.failed(reason)
      case .loading(_, let fraction?): bar.update(done: Int(fraction * 100), total: 100)
      case .loading: break
      }
    }
    throw EngineError.stopped
  }
}
