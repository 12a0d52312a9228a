import WeightDistribution
package import Tensors
package import Transport

/// What a worker process is told at its start. Read once.
package struct WorkerConfiguration: Sendable {
  /// Where the coordinator takes registrations.
  package var coordinator: Endpoint
  /// Unique in the cluster.
  package var name: String
  /// Threads that compute.
  package var threadCount: Int
  /// Where they run and how they wait.
  package var placement: ThreadPlacement
  /// Bytes of weights and cache this worker may hold.
  package var memoryByteCount: Int
  /// Bytes of hidden states it may keep of what it sent, so that the next stage's layers can be rebuilt from them; nil
  /// takes a quarter of the memory. Never more than weights and cache leave.
  package var replayLogByteCount: Int?
  /// Bytes of disk, in the weight cache's folder, for what does not fit there; 0 uses none, nil as much as
  /// `SpillFile.usualByteLimit` says.
  package var replayDiskByteCount: Int?
  /// Speed against other workers, for the planner; any positive scale.
  package var relativeSpeed: Double
  /// Where the previous stage's frames are taken.
  package var dataEndpoint: Endpoint
  /// Where it gives weights to other workers; nil keeps it from giving any and from asking them.
  package var weightsEndpoint: Endpoint?
  /// Where its part of the model is looked for.
  package var checkpoints: CheckpointSettings
  /// Whether a stage serves only when all of its weights are packed, however slow memory is; for measurements.
  package var packsFirst: Bool
  /// How long a coordinator that was joined once is waited for when it has gone; weights are kept meanwhile.
  package var reconnectSeconds: Int
  /// Binding other interfaces than loopback without keys was asked for.
  package var allowsInsecureRemote: Bool
  /// Version of the program, for messages.
  package var build: String
  /// Nil in a cluster without keys.
  package var keys: WorkerKeys?

  package init(
    coordinator: Endpoint, name: String, threadCount: Int, placement: ThreadPlacement = ThreadPlacement(),
    memoryByteCount: Int, replayLogByteCount: Int? = nil, replayDiskByteCount: Int? = nil, relativeSpeed: Double,
    dataEndpoint: Endpoint, weightsEndpoint: Endpoint? = nil, checkpoints: CheckpointSettings, packsFirst: Bool = false,
    reconnectSeconds: Int = 600, allowsInsecureRemote: Bool, build: String, keys: WorkerKeys? = nil
  ) {
    self.coordinator = coordinator
    self.name = name
    self.threadCount = threadCount
    self.placement = placement
    self.memoryByteCount = memoryByteCount
    self.replayLogByteCount = replayLogByteCount
    self.replayDiskByteCount = replayDiskByteCount
    self.relativeSpeed = relativeSpeed
    self.dataEndpoint = dataEndpoint
    self.weightsEndpoint = weightsEndpoint
    self.checkpoints = checkpoints
    self.packsFirst = packsFirst
    self.reconnectSeconds = reconnectSeconds
    self.allowsInsecureRemote = allowsInsecureRemote
    self.build = build
    self.keys = keys
  }

  var replayLogBudget: ReplayLogBudget {
    ReplayLogBudget(
      memoryByteCount: memoryByteCount, wantedByteCount: replayLogByteCount,
      disk: ReplayLogBudget.DiskRoom(folder: checkpoints.cache?.folder, byteLimit: replayDiskByteCount))
  }
}

/// Why a worker ended other than by being told to.
package enum WorkerFailure: Error, CustomStringConvertible {
  case coordinatorUnreachable(Endpoint, seconds: Int)
  case coordinatorLost(Endpoint, seconds: Int)
  case refused(String)
  case hung
  case keyRefused(Endpoint, PublicKey)

  package var description: String {
    switch self {
    case .coordinatorUnreachable(let endpoint, let seconds):
      "no coordinator answered at \(endpoint) within \(seconds) s; start it first, or check address and firewall"
    case .coordinatorLost(let endpoint, let seconds):
      "the coordinator at \(endpoint) has been silent for \(seconds) s"
    case .keyRefused(let endpoint, let key):
      "the coordinator at \(endpoint) does not know this worker's key \(key); add it there with longhaul init --allow"
    case .hung: "the compute thread has not come back from its step; the worker ends, and is to be started anew"
    case .refused(let reason): "the coordinator refused this worker: \(reason)"
    }
  }
}
