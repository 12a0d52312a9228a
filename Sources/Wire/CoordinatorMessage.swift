package import Core

/// What the coordinator tells a worker, one protobuf frame on the worker's control socket.
package enum CoordinatorMessage: Hashable, Sendable {
  /// Registered; heartbeats are expected at this interval.
  case welcome(heartbeatMilliseconds: Int)
  /// Not registered, and why.
  case refused(reason: String)
  /// Hold these layers from now on.
  case assignStage(StageAssignment)
  /// Stop, and why.
  case shutdown(reason: String)
  /// The cluster has counted the worker out, or does not know it: forget all sequences and register anew.
  case rejoin(reason: String)
  /// To an operator's tool: the worker it named has gone, or has nothing to give up.
  case drained(reason: String)
  /// The answer to `fetchManifest`.
  case manifest(ManifestNews)
  /// The answer to `fetchBlock`; the bytes are the message's second frame, exactly as many as the range says.
  case block(ContentRange)
  /// These bytes are not to be had here, and why.
  case blockRefused(ContentID, offset: Int, reason: String)
  /// The workers that give weights to each other, without the one that is told; at most `Limits.maximumWorkerCount`.
  case peers([WeightPeer])
  /// A stage that the worker may be given when another is lost: its weights may be fetched in advance, where there is
  /// room and nothing else to do. Only layers, place and model of the assignment matter.
  case expectStage(StageAssignment)
}

/// A worker that gives weights to others, and may ask them for some.
package struct WeightPeer: Hashable, Sendable {
  package var endpoint: String
  /// Its public key, 32 bytes; empty in a cluster without keys.
  package var key: [UInt8]

  package init(endpoint: String, key: [UInt8]) {
    self.endpoint = endpoint
    self.key = key
  }
}

/// One worker's part of a layer plan, and all it needs to take its place in the pipeline.
package struct StageAssignment: Hashable, Sendable {
  /// The plan's version; frames of another are refused.
  package var epoch: PlanEpoch
  /// Place in the pipeline, below `stageCount`.
  package var stageIndex: Int
  package var stageCount: Int
  package var layers: LayerRange
  /// The checkpoint's files, in order. Not empty.
  package var modelPaths: [String]
  /// What those files must be, whatever they are called.
  package var modelFingerprint: String
  /// The next stage's data endpoint; the coordinator's result endpoint for the last stage.
  package var nextEndpoint: String
  package var kvElementType: KVElementType
  /// KV pages to reserve; their ids are below it.
  package var pageCount: Int
  /// Tokens of one sequence, prompt and answer together.
  package var contextLength: Int
  /// Tokens one step will carry at most.
  package var maximumStepTokenCount: Int
  /// The public key of whoever listens at `nextEndpoint`, 32 bytes; empty in a cluster without keys.
  package var nextKey: [UInt8]
  /// The public key of the only process that may send frames to this stage, 32 bytes; empty likewise.
  package var previousKey: [UInt8]
  /// The coordinator has a manifest of the model and gives out what it lists: local files are held against it, and
  /// what a worker lacks it can fetch.
  package var sharesWeights: Bool
  /// The last epoch that served: sequences are kept when they are of that one, else forgotten. Nil when none has.
  package var previousEpoch: PlanEpoch?

  package init(
    epoch: PlanEpoch, stageIndex: Int, stageCount: Int, layers: LayerRange, modelPaths: [String],
    modelFingerprint: String, nextEndpoint: String, kvElementType: KVElementType, pageCount: Int, contextLength: Int,
    maximumStepTokenCount: Int, nextKey: [UInt8] = [], previousKey: [UInt8] = [], sharesWeights: Bool = false,
    previousEpoch: PlanEpoch? = nil
  ) {
    self.epoch = epoch
    self.stageIndex = stageIndex
    self.stageCount = stageCount
    self.layers = layers
    self.modelPaths = modelPaths
    self.modelFingerprint = modelFingerprint
    self.nextEndpoint = nextEndpoint
    self.kvElementType = kvElementType
    self.pageCount = pageCount
    self.contextLength = contextLength
    self.maximumStepTokenCount = maximumStepTokenCount
    self.nextKey = nextKey
    self.previousKey = previousKey
    self.sharesWeights = sharesWeights
    self.previousEpoch = previousEpoch
  }
}
