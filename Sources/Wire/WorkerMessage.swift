package import Core

/// What a worker sends the coordinator, one protobuf frame on its control socket.
package enum WorkerMessage: Hashable, Sendable {
  /// First: the worker and what it offers.
  case register(WorkerRegistration)
  /// Sent at the interval of the welcome, whatever else happens.
  case heartbeat(WorkerHeartbeat)
  /// Share of the stage's weights that is loaded, 0...1.
  case loadProgress(epoch: PlanEpoch, fraction: Double)
  /// The stage's weights are in memory, its pages are reserved and its data socket listens.
  /// With the sequences it can resume out of the epoch that was to be resumed, at most
  /// `WireLimits.maximumResidentSequenceCount`.
  case stageReady(epoch: PlanEpoch, weightByteCount: Int, kvByteCount: Int, held: [ResidentSequence] = [])
  /// The stage cannot be held, and why.
  case stageFailed(epoch: PlanEpoch, reason: String)
  /// Last: the worker is going away on purpose, now.
  case leaving(reason: String)
  /// The worker wishes to go, and serves until `shutdown` comes.
  case draining(reason: String)
  /// Not of a worker but of an operator's tool: that worker is to give its layers up and leave.
  case drain(worker: String)
  /// On a connection of its own: how far is the manifest?
  case fetchManifest
  /// On a connection of its own, to the coordinator or to another worker: send these bytes of the model. The
  /// coordinator alone has bytes of its manifest.
  case fetchBlock(ContentRange)
  /// On a connection of its own, to another worker: send so many bytes, at most a block, whichever they are.
  case probeLink(byteCount: Int)
  /// What the way to another worker carries.
  case measuredLink(MeasuredLink)
}

/// A worker as it introduces itself.
package struct WorkerRegistration: Hashable, Sendable {
  /// The operator's name for it, unique in the cluster; at most `WireLimits.maximumNameByteCount` bytes.
  package var name: String
  /// Random, another for every registration: a restarted worker is not taken for its predecessor, nor one whose link
  /// broke for what it was before.
  package var incarnation: UInt64
  /// The program's version, for people.
  package var build: String
  /// What its device offers a plan.
  package var offer: StageOffer
  /// Where it accepts forward frames.
  package var dataEndpoint: String
  /// Where it gives weights to other workers; empty when it takes no part in that.
  package var weightsEndpoint: String
  /// The layers it has loaded from before; nil for none, never empty.
  package var loadedLayers: LayerRange?
  /// What it measured of its links before, and kept; at most one for each other worker.
  package var links: [MeasuredLink]

  package init(
    name: String, incarnation: UInt64, build: String, offer: StageOffer, dataEndpoint: String,
    weightsEndpoint: String = "", loadedLayers: LayerRange? = nil, links: [MeasuredLink] = []
  ) {
    self.name = name
    self.incarnation = incarnation
    self.build = build
    self.offer = offer
    self.dataEndpoint = dataEndpoint
    self.weightsEndpoint = weightsEndpoint
    self.loadedLayers = loadedLayers
    self.links = links
  }
}

/// The link between the sender and another worker, either way.
package struct MeasuredLink: Hashable, Sendable {
  /// The other worker's name.
  package var worker: String
  /// Within `WireLimits.linkRates`.
  package var bytesPerSecond: Double
  /// Until a byte is there and back; within `WireLimits.roundTrips`.
  package var roundTripSeconds: Double

  package init(worker: String, bytesPerSecond: Double, roundTripSeconds: Double) {
    self.worker = worker
    self.bytesPerSecond = bytesPerSecond
    self.roundTripSeconds = roundTripSeconds
  }
}

/// A sign of life, with how far the compute thread has come.
package struct WorkerHeartbeat: Hashable, Sendable {
  /// That of the registration.
  package var incarnation: UInt64
  /// The plan the worker works under.
  package var epoch: PlanEpoch
  /// Grows whenever the compute thread gets something done, so that a hung one shows.
  package var progress: UInt64
  /// What the step in hand should take by experience, at least 1; nil when there is none.
  package var stepMilliseconds: Int?

  package init(incarnation: UInt64, epoch: PlanEpoch, progress: UInt64, stepMilliseconds: Int? = nil) {
    self.incarnation = incarnation
    self.epoch = epoch
    self.progress = progress
    self.stepMilliseconds = stepMilliseconds
  }
}
