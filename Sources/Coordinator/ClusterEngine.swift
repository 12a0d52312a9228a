package import Cluster
package import Core
import CoreMetrics
package import Logging
import Synchronization
package import Telemetry
package import Transport
import Wire

/// A cluster of workers as one engine.
///
/// Two parts, each with its own state and lock: `TokenPath` admits requests, sends steps and takes results;
/// `ClusterDriver` handles workers and plans. The driver tells the token path when a plan serves and when it ends; the
/// token path reports lost steps to the driver as events. Neither holds its lock while it calls the other.
package final class ClusterEngine: InferenceEngine {
  package let configuration: ClusterConfiguration
  let loop: SocketLoop
  let tokens: TokenPath
  let driver: ClusterDriver
  private let weights: WeightSharing?

  /// Binds the coordinator's sockets.
  /// - Parameters:
  ///   - metrics: exposes what the engine counts.
  ///   - shutdownGrace: how long `run` waits at its end for workers that have not heard of it.
  /// - Throws: `TransportError`, naming the endpoint and the remedy.
  package init(
    configuration: ClusterConfiguration, logger: Logger, metrics: MetricRegistry = MetricRegistry(),
    shutdownGrace: Duration = .milliseconds(300)
  ) throws {
    self.configuration = configuration
    let loop = try SocketLoop(name: "sockets")
    self.loop = loop
    let clock = EngineClock()
    let events = AsyncStream<DriverEvent>.makeStream()
    tokens = TokenPath(
      configuration, loop: loop, clock: clock, logger: logger, metrics: RequestMetrics(metrics),
      driver: events.continuation)
    let found = ForwardReference<WeightSharing>()
    let sockets: CoordinatorSockets
    do {
      sockets = try CoordinatorSockets.open(
        configuration, loop: loop, logger: logger, tokens: tokens, weights: found, driver: events.continuation)
    } catch {
      loop.stop()
      throw error
    }
    let sentBytes = Counter(label: Metric.weightsSentBytes.name, factory: metrics)
    weights = configuration.checkpoint.published.map {
      WeightSharing($0, control: sockets.control, logger: logger, sentBytes: sentBytes)
    }
    if let weights { found.set(weights) }
    driver = ClusterDriver(
      configuration, sockets: sockets, tokens: tokens, weights: weights, clock: clock, logger: logger,
      metrics: ClusterMetrics(metrics, build: configuration.build, numerics: NumericsID.current),
      shutdownGrace: shutdownGrace, events: (events.stream, events.continuation))
  }

  package func generate(
    _ request: GenerationRequest
  ) async throws -> AsyncThrowingStream<GenerationEvent, any Error> {
    try start(request).events
  }

  /// A generation with its id, for `setPaused`.
  package struct Started: Sendable {
    package let sequence: SequenceID
    package let events: AsyncThrowingStream<GenerationEvent, any Error>
  }

  /// Starts a generation; throws as `generate` does.
  /// - Parameter paused: whether it waits after its prefill, which samples one token, until `setPaused` lets it decode.
  package func start(_ request: GenerationRequest, paused: Bool = false) throws -> Started {
    try tokens.start(request, paused: paused)
  }

  /// Makes generations wait after their prefill, or lets them decode. They keep their pages, and steps in flight
  /// complete. Unknown ids are ignored.
  package func setPaused(_ isPaused: Bool, _ generations: [SequenceID]) { tokens.setPaused(isPaused, generations) }

  /// Handles workers, plans and requests until `stop`. Workers are asked to stop before it returns, also those that
  /// register during the shutdown.
  package func run() async {
    let cancellations = Task { [tokens] in await tokens.cancelAbandoned() }
    await driver.run()
    tokens.close()
    await cancellations.value
    weights?.stop()
    loop.stop()
  }

  /// Asks `run` to return; asked again, it waits for no worker. Any thread.
  package func stop(reason: String) { driver.events.sink.yield(.stop(reason: reason)) }

  // MARK: Status

  package func readiness() async -> EngineReadiness { tokens.readiness }

  /// Readiness after every event of the cluster. One consumer.
  package var readinessChanges: AsyncStream<EngineReadiness> { driver.readiness.stream }

  package var model: ServedModel {
    ServedModel(
      id: configuration.checkpoint.modelID, configuration: configuration.model,
      contextLength: configuration.demand.contextLength)
  }

  /// Where workers register, a port chosen by the system resolved.
  package var controlEndpoint: Endpoint { driver.control.endpoint }

  /// The layers of the plan in force; nil before there is one.
  package var plan: LayerPlan? { driver.state.withLock { $0.control.plan } }

  /// Why the workers that joined cannot hold the model; nil when they can, or too few have joined.
  package var infeasiblePlan: InfeasiblePlan? { driver.state.withLock { $0.infeasiblePlan } }

  /// What every stage spent since the first plan served, by its place in the pipeline; empty before the first step.
  package var stageTotals: [StageTotals] { tokens.stageTotals }

  /// What losses of workers have cost.
  package var recoveries: RecoveryTotals { tokens.recoveries }
}
