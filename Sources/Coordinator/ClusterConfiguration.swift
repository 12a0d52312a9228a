package import Cluster
package import Core
import Sockets
package import Transport
package import WeightDistribution
import Wire

/// The settings of a coordinator. Read once, at its start.
package struct ClusterConfiguration: Sendable {
  /// The name clients use for the model.
  package var modelID: String
  /// Files of the checkpoint, as workers on this machine find them.
  package var modelPaths: [String]
  /// Identifies the model, whatever its files are called.
  package var modelFingerprint: String
  package var model: ModelConfiguration
  package var footprint: WeightFootprint
  /// Where workers register.
  package var controlEndpoint: Endpoint
  /// Where the last stage sends results.
  package var resultEndpoint: Endpoint
  /// Workers to wait for before planning.
  package var workerCount: Int
  /// Whether more workers may join than the coordinator waits for; false where a command starts all of them.
  package var awaitsOthers: Bool
  /// KV cache to plan for. Its policy is the default of requests.
  package var demand: KVDemand
  /// Whether sockets may be open beyond loopback without keys.
  package var allowsInsecureRemote: Bool
  /// Version of the program, for messages.
  package var build: String
  /// Nil in a cluster without keys.
  package var keys: CoordinatorKeys?
  /// What workers without the model fetch, and all workers verify their files by. Nil where all read the same file.
  package var sharedModel: PublishedModel?

  package init(
    modelID: String, modelPaths: [String], modelFingerprint: String, model: ModelConfiguration,
    footprint: WeightFootprint, controlEndpoint: Endpoint, resultEndpoint: Endpoint, workerCount: Int, demand: KVDemand,
    allowsInsecureRemote: Bool, build: String, keys: CoordinatorKeys? = nil,
    sharedModel: PublishedModel? = nil, awaitsOthers: Bool = true
  ) {
    self.modelID = modelID
    self.modelPaths = modelPaths
    self.modelFingerprint = modelFingerprint
    self.model = model
    self.footprint = footprint
    self.controlEndpoint = controlEndpoint
    self.resultEndpoint = resultEndpoint
    self.workerCount = workerCount
    self.demand = demand
    self.allowsInsecureRemote = allowsInsecureRemote
    self.build = build
    self.keys = keys
    self.sharedModel = sharedModel
    self.awaitsOthers = awaitsOthers
  }

  /// Tokens a step may carry: a prefill chunk and every sequence's next token.
  package var stepTokenBudget: Int {
    min(
      Limits.maximumStepTokenCount, StepWindow.maximumRowCount(width: model.hiddenSize),
      demand.chunkTokenCount + demand.sequenceCount)
  }

  var clusterSettings: ClusterSettings {
    var settings = ClusterSettings(neededWorkerCount: workerCount)
    settings.awaitsOthers = awaitsOthers
    // A step's hidden states may take a while on a slow link: 4 MB/s are enough.
    settings.quietLimit += .milliseconds(stepTokenBudget * model.hiddenSize * MemoryLayout<Float>.size / 4_000)
    return settings
  }

  /// The access of a socket with these keys.
  func access(_ keys: SocketKeys) -> SocketSpecification.Access {
    SocketSpecification.Access(keys, allowsInsecureRemote: allowsInsecureRemote)
  }

  var planner: LayerPlanner { LayerPlanner(configuration: model, weights: footprint, demand: demand) }
}
