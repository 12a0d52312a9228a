package import Core
package import Logging
import Synchronization
import Transformer
import Transport
import WeightDistribution
import Wire

/// The worker process: registers at the coordinator, loads the layers it is assigned, serves them until it is stopped.
///
/// Everything it receives arrives in one stream of events, which `run` handles in order (`WorkerSession`). Frames of
/// the data plane do not pass through it: they go from the socket thread straight to the compute thread. Nor do
/// heartbeats, which have a thread of their own, nor weights, which the loader thread fetches.
package final class WorkerService: Sendable {
  private let configuration: WorkerConfiguration
  private let logger: Logger
  private let onStageReady: @Sendable (LayerRange, Int, Int) -> Void
  private let onStatus: @Sendable (WorkerStatus) -> Void
  private let events: AsyncStream<WorkerEvent>
  private let eventSink: AsyncStream<WorkerEvent>.Continuation
  /// Whether it was asked to leave, for what handles no events meanwhile.
  private let isStopped = Atomic(false)
  /// How often time alone may change something.
  private static let tickInterval = Duration.milliseconds(250)

  /// - Parameters:
  ///   - onStatus: called after every event, some times a second.
  ///   - onStageReady: called each time a stage has been loaded, with its layers and bytes.
  package init(
    configuration: WorkerConfiguration, logger: Logger,
    onStatus: @escaping @Sendable (WorkerStatus) -> Void = { _ in },
    onStageReady: @escaping @Sendable (LayerRange, _ weightByteCount: Int, _ kvByteCount: Int) -> Void = { _, _, _ in }
  ) {
    self.configuration = configuration
    (self.onStageReady, self.onStatus) = (onStageReady, onStatus)
    self.logger = logger
    (events, eventSink) = AsyncStream<WorkerEvent>.makeStream()
  }

  /// Asks `run` to leave at once: it says so to the coordinator and returns. Any thread.
  package func stop(reason: String) {
    isStopped.store(true, ordering: .relaxed)
    eventSink.yield(.stop(reason: reason))
  }

  /// Asks `run` to leave when the cluster can do without it: it keeps serving until the coordinator dismisses it, for
  /// 30 s at most. Any thread.
  package func drain(reason: String) {
    isStopped.store(true, ordering: .relaxed)
    eventSink.yield(.drain(reason: reason))
  }

  /// Serves until stopped or shut down by the coordinator. Throws `WorkerFailure` or a transport error.
  package func run() async throws {
    let loop = try SocketLoop(name: "sockets")
    let blobs = LocalBlobs(disk: configuration.checkpoints.disk)
    let compute = configuration.compute
    let device = CPUDevice(
      threadCount: compute.threadCount, placement: compute.placement, packsFirst: compute.packsFirst)
    // Before anything else of this process computes.
    let speed = await WorkerSpeed(configuration, device: device, logger: logger) { [self] in
      isStopped.load(ordering: .relaxed)
    }.find()
    let loader = StageLoader(
      checkpoints: configuration.checkpoints, threadCount: compute.threadCount, device: device, blobs: blobs
    ) { [eventSink] in eventSink.yield(.loader($0, $1)) }
    let runner = StageRunner(
      loader: loader, device: device, logBudget: configuration.replayLogBudget
    ) { [eventSink] in eventSink.yield(.stage($0, $1)) }
    runner.start()
    defer {
      runner.stop()
      loader.stop()
      loop.stop()
    }
    let sockets = try WorkerSockets(configuration, loop: loop, runner: runner, logger: logger) { [eventSink] in
      eventSink.yield($0)
    }
    let exchange = try WeightExchange(configuration.network, blobs: blobs, loop: loop, logger: logger)
    loader.start { exchange.connections() }
    let links = LinkSearch(
      of: configuration.name, measures: configuration.network.measuresLinks, file: configuration.linkFile,
      logger: logger,
      progress: { [runner] in runner.expectedStepMilliseconds == nil ? runner.progress : nil },
      measure: { [exchange] in try exchange.measureLink(to: $0, cancellation: $1) },
      report: { [eventSink] in eventSink.yield(.link($0)) })
    var session = WorkerSession(
      configuration, offer: device.offer(memoryByteCount: configuration.memory.byteCount, speed: speed),
      logger: logger, sockets: sockets, exchange: exchange, runner: runner, loader: loader, links: links,
      onStageReady: onStageReady)
    defer { session.stop() }
    let ticker = Task { [eventSink] in
      while !Task.isCancelled {
        eventSink.yield(.tick)
        try? await Task.sleep(for: Self.tickInterval)  // Only cancellation ends the sleep, and then the loop ends.
      }
    }
    defer { ticker.cancel() }
    for await event in events {
      if try session.handle(event) { return }
      onStatus(session.status)
    }
  }
}
