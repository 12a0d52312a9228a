package import Cluster
package import Core
package import Logging
import WeightDistribution
import Scheduling
import Synchronization
package import Telemetry
package import Transport
import Wire

/// A cluster of workers as one engine: it takes registrations, plans layers, makes steps and hands out tokens.
///
/// Two threads come in: the socket thread with results, which is the path of every token, and the task of `run` with
/// all else (registrations, heartbeats, time). Both change `EngineState` under one lock and leave only enqueued
/// sends and stream events behind, so neither ever waits for the network.
package final class ClusterEngine: InferenceEngine {
  enum Event: Sendable {
    /// With the key that the sender proved to hold; nil in a cluster without keys.
    case worker(WorkerMessage, PeerID, PublicKey?)
    /// A worker's connection broke.
    case gone(PeerID)
    /// A worker of another protocol version knocked.
    case stranger(PeerID, reason: String)
    /// A stage could not compute the oldest step in flight.
    case stepFailed(PlanEpoch, reason: String)
    /// A step, or its result, is lost on the way.
    case stepLost(PlanEpoch, reason: String)
    case planned(PlanAnswer)
    /// Nobody listens to the sequence any more.
    case abandoned(SequenceID)
    case tick
    case stop(String)
  }

  package let configuration: ClusterConfiguration
  /// Readiness as it changes, for whoever waits or shows it. One consumer.
  package let readinessChanges: AsyncStream<EngineReadiness>
  let logger: Logger
  let loop: SocketLoop
  let state: Mutex<EngineState>
  let links: Links
  /// Whose results are taken, in a cluster with keys: the last stage's alone.
  let resultGate = AllowedKeys()
  /// Messages that are none, waiting to be answered.
  let strangers = InFlightLimiter(capacity: 32)
  let droppedResults = LogThrottle()
  private let turnedAway = LogThrottle()
  /// Where workers fetch weights; nil where there are none to fetch.
  let weightDesk: BlobServer?
  private let readinessSink: AsyncStream<EngineReadiness>.Continuation
  private let events: AsyncStream<Event>
  let eventSink: AsyncStream<Event>.Continuation
  private let started = ContinuousClock.now
  let farewellGrace: Duration
  let planning = PlanningQueue()

  /// The coordinator's own sockets.
  struct Links: Sendable {
    let control: SocketID
    /// Where the last stage is to connect, wildcard port resolved.
    let resultEndpoint: Endpoint
    /// Where workers register, wildcard port resolved.
    let controlEndpoint: Endpoint
  }

  static let heartbeatMilliseconds = 100

  /// Binds the coordinator's sockets.
  /// - Parameters:
  ///   - metrics: what is counted here is shown there.
  ///   - farewellGrace: how long `run` stays at its end for workers that have not heard of it.
  /// - Throws: `TransportError`, naming the endpoint and the remedy.
  package init(
    configuration: ClusterConfiguration, logger: Logger, metrics: MetricRegistry = MetricRegistry(),
    farewellGrace: Duration = .milliseconds(300)
  ) throws {
    self.configuration = configuration
    self.farewellGrace = farewellGrace
    self.logger = logger
    let loop = try SocketLoop(name: "sockets")
    let (readiness, readinessSink) = AsyncStream<EngineReadiness>.makeStream(bufferingPolicy: .bufferingNewest(64))
    let (events, eventSink) = AsyncStream<Event>.makeStream()
    let engine = ForwardReference<ClusterEngine>()
    do {
      links = try Self.openLinks(
        configuration, loop: loop, eventSink: eventSink, resultGate: resultGate, strangers: strangers,
        engine: engine)
    } catch {
      loop.stop()
      throw error
    }
    self.loop = loop
    weightDesk = configuration.sharedModel.map { [links] model in
      Self.openDesk(model, loop, control: links.control, logger: logger, engine: engine)
    }
    (readinessChanges, self.readinessSink) = (readiness, readinessSink)
    (self.events, self.eventSink) = (events, eventSink)
    state = Mutex(
      EngineState(
        control: ClusterControl(
          settings: configuration.clusterSettings, planner: configuration.planner,
          // Workers may still have frames of a coordinator that was here before.
          firstEpoch: PlanEpoch(UInt32.random(in: 1...UInt32.max / 2)), now: .zero),
        metrics: EngineMetrics(metrics, build: configuration.build, numerics: NumericsID.current)))
    engine.set(self)
  }

  package var controlEndpoint: Endpoint { links.controlEndpoint }
  /// The layers of the plan in force; nil before there is one.
  package var plan: LayerPlan? { state.withLock { $0.control.plan } }

  /// Why the workers that joined cannot hold the model; nil when they can, or are not all there.
  package var infeasiblePlan: InfeasiblePlan? { state.withLock { $0.infeasiblePlan } }

  /// What every stage spent since the first plan served, by its place in the pipeline; empty before the first step.
  package var stageTotals: [StageTotals] { state.withLock { $0.stageTotals } }

  /// What losses of workers have cost so far.
  package var recoveries: RecoveryTotals { state.withLock { $0.recoveries } }

  package var model: ServedModel {
    ServedModel(
      id: configuration.modelID, configuration: configuration.model, contextLength: configuration.demand.contextLength)
  }

  package func readiness() async -> EngineReadiness { state.withLock { $0.readiness } }

  private func tellTurnedAway() {
    if turnedAway.isToBeTold() { logger.warning("too many connections: one was cut") }
  }

  /// Handles registrations, heartbeats and time until `stop`. Workers are told to stop before it returns, also those
  /// that come while it ends.
  package func run() async {
    let ticker = Task { [eventSink] in
      while !Task.isCancelled {
        eventSink.yield(.tick)
        try? await Task.sleep(for: .milliseconds(Self.heartbeatMilliseconds))  // Ends early only when cancelled.
      }
    }
    var ending: Ending?
    for await event in events {
      if ending != nil {
        handle(event, ending: &ending)
      } else if case .stop(let reason) = event {
        // Nobody is told that it is not ready any more: that would look like a failure.
        ending = beginEnding(reason: reason)
      } else {
        handle(event)
        readinessSink.yield(state.withLock { $0.readiness })
      }
      if ending?.farewell.isOver(now: now) ?? false { break }
    }
    ticker.cancel()
    weightDesk?.stop()
    configuration.sharedModel?.stop()
    readinessSink.finish()
    loop.stop()
  }

  /// Asks `run` to leave, and when it is asked again, not to wait for anybody. Any thread.
  package func stop(reason: String) { eventSink.yield(.stop(reason)) }

  var now: Duration { started.duration(to: .now) }

  /// Queues a message for a worker. One that cannot be reached shows by its silence.
  func tell(_ message: CoordinatorMessage, _ peer: PeerID) {
    do {
      try loop.send(Message(frames: [Frame(message.encoded())]), on: links.control, to: peer)
    } catch {
      logger.debug("message to a worker not queued", metadata: ["reason": "\(error)"])
    }
  }

  private static func openLinks(
    _ configuration: ClusterConfiguration, loop: SocketLoop, eventSink: AsyncStream<Event>.Continuation,
    resultGate: AllowedKeys, strangers: InFlightLimiter, engine: ForwardReference<ClusterEngine>
  ) throws -> Links {
    var register = SocketSpecification(kind: .router, role: .bind(configuration.controlEndpoint))
    register.maximumMessageByteCount = WireLimits.maximumControlByteCount
    register.allowsInsecureRemote = configuration.allowsInsecureRemote
    register.keys = configuration.keys.control
    let control = try loop.open(
      register,
      onMessage: { message, peer in
        guard let peer, let frame = message.frames.first else { return }
        do {
          switch try frame.withUnsafeBytes({ try WorkerMessage(decoding: $0) }) {
          case .fetchManifest: engine.target?.tellManifest(peer)
          case .fetchBlock(let range): engine.target?.weightDesk?.enqueue(range, from: peer)
          case let other: eventSink.yield(.worker(other, peer, message.sender))
          }
        } catch {
          // More than a few at once are noise: answering each would hold up the workers' heartbeats.
          if strangers.enter() { eventSink.yield(.stranger(peer, reason: "\(error)")) }
        }
      },
      onPeerEvent: { event in
        if case .disconnected(let peer?) = event { eventSink.yield(.gone(peer)) }
        if event == .turnedAway { engine.target?.tellTurnedAway() }
      })
    var intake = SocketSpecification(kind: .pull, role: .bind(configuration.resultEndpoint))
    intake.maximumMessageByteCount = WireLimits.maximumPayloadByteCount
    intake.allowsInsecureRemote = configuration.allowsInsecureRemote
    intake.keys = configuration.keys.results(resultGate)
    intake.handshakeInterval = .seconds(1)
    let result = try loop.open(
      intake, onMessage: { message, _ in engine.target?.takeResult(message) },
      onPeerEvent: { event in if event == .turnedAway { engine.target?.tellTurnedAway() } })
    return Links(
      control: control, resultEndpoint: loop.boundEndpoint(of: result) ?? configuration.resultEndpoint,
      controlEndpoint: loop.boundEndpoint(of: control) ?? configuration.controlEndpoint)
  }
}
