package import Cluster
package import Core
package import Scheduling
import Sockets
package import Transport
package import WeightDistribution
import Wire

/// The settings of a coordinator. Read once, at its start.
package struct ClusterConfiguration: Sendable {
  /// The files of the model, and what is known of them.
  package struct Checkpoint: Sendable {
    /// The name clients use for the model.
    package var modelID: String
    /// As workers on this machine find the files.
    package var paths: [String]
    /// Identifies these files until they are written to: workers that hold layers of others load theirs again.
    package var fingerprint: String
    package var footprint: WeightFootprint
    /// In place of the scaling of RoPE that the files state; nil leaves theirs.
    package var rope: RopeOverride?
    /// What workers without the model fetch, and all workers verify their files by. Nil where all read the same file.
    package var published: PublishedModel?

    package init(
      modelID: String, paths: [String], fingerprint: String, footprint: WeightFootprint, rope: RopeOverride? = nil,
      published: PublishedModel? = nil
    ) {
      self.modelID = modelID
      self.paths = paths
      self.fingerprint = fingerprint
      self.footprint = footprint
      self.rope = rope
      self.published = published
    }
  }

  /// The coordinator's sockets.
  package struct Network: Sendable {
    /// Where workers register.
    package var control: Endpoint
    /// Where the last stage sends results.
    package var results: Endpoint
    /// Nil in a cluster without keys.
    package var keys: CoordinatorKeys?
    /// Whether sockets may be open beyond loopback without keys.
    package var allowsInsecureRemote: Bool

    package init(
      control: Endpoint, results: Endpoint, keys: CoordinatorKeys? = nil, allowsInsecureRemote: Bool = false
    ) {
      self.control = control
      self.results = results
      self.keys = keys
      self.allowsInsecureRemote = allowsInsecureRemote
    }

    /// The access of a socket with these keys.
    func access(_ keys: SocketKeys) -> SocketSpecification.Access {
      SocketSpecification.Access(keys, allowsInsecureRemote: allowsInsecureRemote)
    }
  }

  package var model: ModelConfiguration
  package var checkpoint: Checkpoint
  package var network: Network
  /// KV cache to plan for. Its policy is the default of requests.
  package var demand: KVDemand
  /// How many times as long as alone decodes may take beside a prompt, where chunks adapt. Above 1.
  package var latencyTarget = SchedulerLimits.defaultLatencyTarget
  /// Whether full pages of computed tokens are kept for requests that begin alike. What measures prompts keeps none.
  package var keepsPrefixes = false
  /// Whether tokens are guessed. What measures decoding guesses none.
  package var speculation = SpeculationMode.off
  /// Whether requests take KV pages as they grow, so that those of others may be taken from them, rather than those of
  /// their longest answer at once. What measures speed takes all at once.
  package var growsPages = false
  /// Requests that may wait for a place in the batch, and tokens of their prompts.
  package var maximumWaitingRequests = 256
  package var maximumWaitingTokens = Int.max
  /// Workers to wait for before planning.
  package var workerCount: Int
  /// Whether more workers may join than the coordinator waits for; false where a command starts all of them.
  package var awaitsOthers: Bool
  /// Version of the program, for messages.
  package var build: String

  package init(
    model: ModelConfiguration, checkpoint: Checkpoint, network: Network, demand: KVDemand, workerCount: Int,
    awaitsOthers: Bool = true, build: String
  ) {
    self.model = model
    self.checkpoint = checkpoint
    self.network = network
    self.demand = demand
    self.workerCount = workerCount
    self.awaitsOthers = awaitsOthers
    self.build = build
  }

  /// Tokens a step may carry: those that are planned for, as far as they fit a message.
  package var stepTokenBudget: Int { min(StepWindow.maximumRowCount(width: model.hiddenSize), demand.stepTokenCount) }

  var clusterSettings: ClusterSettings {
    var settings = ClusterSettings(neededWorkerCount: workerCount)
    settings.awaitsOthers = awaitsOthers
    // A step's hidden states may take a while on a slow link: 4 MB/s are enough.
    settings.quietLimit += .milliseconds(stepTokenBudget * model.hiddenSize * MemoryLayout<Float>.size / 4_000)
    return settings
  }

  var planner: LayerPlanner { LayerPlanner(configuration: model, weights: checkpoint.footprint, demand: demand) }
}
