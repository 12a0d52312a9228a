package import Core
import Sockets
package import Tensors
package import Transport
import WeightDistribution

/// What a worker process is given at its start. Read once.
package struct WorkerConfiguration: Sendable {
  /// Unique in the cluster.
  package var name: String
  /// Version of the program, for messages.
  package var build: String
  package var network: Network
  package var compute: Compute
  package var memory: Memory
  /// Where its part of the model is looked for.
  package var checkpoints: CheckpointSettings
  /// Seconds without a sign of a coordinator that was joined once, after which the worker ends; weights are kept
  /// meanwhile.
  package var reconnectSeconds: Int

  package init(
    name: String, build: String, network: Network, compute: Compute, memory: Memory, checkpoints: CheckpointSettings,
    reconnectSeconds: Int = 600
  ) {
    self.name = name
    self.build = build
    self.network = network
    self.compute = compute
    self.memory = memory
    self.checkpoints = checkpoints
    self.reconnectSeconds = reconnectSeconds
  }

  /// Where its host keeps what it measured of its links; nil without a cache.
  var linkFile: KeptFile? {
    checkpoints.cache.map {
      KeptFile($0, folder: "links", key: name, byteLimit: KeptLinks.maximumByteCount, disk: checkpoints.disk)
    }
  }

  var replayLogBudget: ReplayLogBudget {
    ReplayLogBudget(
      memoryByteCount: memory.byteCount, wantedByteCount: memory.replayLogByteCount,
      disk: ReplayLogBudget.DiskRoom(folder: checkpoints.cache?.folder, byteLimit: memory.replayDiskByteCount))
  }
}

extension WorkerConfiguration {
  /// Where a worker connects and listens, and how it proves who it is.
  package struct Network: Sendable {
    /// Where the coordinator takes registrations.
    package var coordinator: Endpoint
    /// Where the previous stage's frames arrive.
    package var data: Endpoint
    /// Where it serves weights to other workers; nil keeps it from serving any and from asking them.
    package var weights: Endpoint?
    /// Whether its links to other workers are measured.
    package var measuresLinks: Bool
    /// Whether interfaces other than loopback may be bound without keys.
    package var allowsInsecureRemote: Bool
    /// Nil in a cluster without keys.
    package var keys: WorkerKeys?

    package init(
      coordinator: Endpoint, data: Endpoint, weights: Endpoint? = nil, measuresLinks: Bool = false,
      allowsInsecureRemote: Bool = false, keys: WorkerKeys? = nil
    ) {
      self.coordinator = coordinator
      self.data = data
      self.weights = weights
      self.measuresLinks = measuresLinks
      self.allowsInsecureRemote = allowsInsecureRemote
      self.keys = keys
    }

    /// The access of a socket with these keys.
    func access(_ keys: SocketKeys) -> SocketSpecification.Access {
      SocketSpecification.Access(keys, allowsInsecureRemote: allowsInsecureRemote)
    }
  }

  /// What a worker computes with.
  package struct Compute: Sendable {
    package var threadCount: Int
    /// Where the threads run and how they wait.
    package var placement: ThreadPlacement
    /// What the operator stated; nil where nothing was.
    package var speed: StageSpeed?
    /// What a measurement holds for, where no speed is stated; nil measures nothing, and threads are counted.
    package var speedKey: SpeedKey?
    /// Whether a stage serves only when all of its weights are packed, however slow memory is; for measurements.
    package var packsFirst: Bool

    package init(
      threadCount: Int, placement: ThreadPlacement = ThreadPlacement(), speed: StageSpeed? = nil,
      speedKey: SpeedKey? = nil, packsFirst: Bool = false
    ) {
      self.threadCount = threadCount
      self.placement = placement
      self.speed = speed
      self.speedKey = speedKey
      self.packsFirst = packsFirst
    }
  }

  /// What a worker may hold.
  package struct Memory: Sendable {
    /// Bytes of weights and cache.
    package var byteCount: Int
    /// Bytes of hidden states that it keeps of what it sent, so that the next stage's layers can be rebuilt from them;
    /// nil takes a quarter of the memory. Never more than weights and cache leave.
    package var replayLogByteCount: Int?
    /// Bytes of disk, in the weight cache's folder, for what does not fit there; 0 uses none, nil as much as
    /// `SpillFile.usualByteLimit` says.
    package var replayDiskByteCount: Int?

    package init(byteCount: Int, replayLogByteCount: Int? = nil, replayDiskByteCount: Int? = nil) {
      self.byteCount = byteCount
      self.replayLogByteCount = replayLogByteCount
      self.replayDiskByteCount = replayDiskByteCount
    }
  }
}
