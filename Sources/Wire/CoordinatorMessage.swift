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
  /// The answer to `probeLink`, from a worker; the bytes are the message's second frame.
  case linkProbed(byteCount: Int)
}

/// A worker that gives weights to others, and may ask them for some.
package struct WeightPeer: Hashable, Sendable {
  package var endpoint: String
  /// Its public key, 32 bytes; empty in a cluster without keys.
  package var key: [UInt8]
  /// Empty where an older coordinator wrote it.
  package var name: String

  package init(endpoint: String, key: [UInt8], name: String = "") {
    self.endpoint = endpoint
    self.key = key
    self.name = name
  }
}

/// One worker's part of a layer plan, and all it needs to take its place in the pipeline.
package struct StageAssignment: Hashable, Sendable {
  /// The stage's place in the pipeline.
  package struct Place: Hashable, Sendable {
    /// Below `count`.
    package var index: Int
    /// Stages of the plan.
    package var count: Int
    package var layers: LayerRange

    package init(index: Int, count: Int, layers: LayerRange) {
      self.index = index
      self.count = count
      self.layers = layers
    }

    package var isFirst: Bool { index == 0 }
    package var isLast: Bool { index == count - 1 }
  }

  /// The model's files.
  package struct Model: Hashable, Sendable {
    /// In order; not empty.
    package var paths: [String]
    /// Identifies the coordinator's files until they are written to. Where workers read these very files, theirs must
    /// have the same one.
    package var fingerprint: String
    /// Whether the coordinator serves a manifest and the contents it lists: workers verify their own files by it, and
    /// fetch what they lack.
    package var isShared: Bool
    /// In place of the scaling of RoPE that the files state; nil leaves theirs.
    package var rope: RopeOverride?

    package init(paths: [String], fingerprint: String, isShared: Bool = false, rope: RopeOverride? = nil) {
      self.paths = paths
      self.rope = rope
      self.fingerprint = fingerprint
      self.isShared = isShared
    }
  }

  /// The KV cache to reserve, and how it is attended to.
  package struct Cache: Hashable, Sendable {
    package var elementType: KVElementType
    package var attention: AttentionArithmetic
    /// Page ids are below it.
    package var pageCount: Int
    /// Tokens of one sequence, prompt and completion together.
    package var contextLength: Int

    package init(
      elementType: KVElementType, attention: AttentionArithmetic = .exact, pageCount: Int, contextLength: Int
    ) {
      self.elementType = elementType
      self.attention = attention
      self.pageCount = pageCount
      self.contextLength = contextLength
    }
  }

  /// The neighbors in the pipeline.
  package struct Links: Hashable, Sendable {
    /// The next stage's data endpoint; for the last stage the coordinator's result endpoint.
    package var nextEndpoint: String
    /// The public key of the process at `nextEndpoint`, 32 bytes; empty in a cluster without keys.
    package var nextKey: [UInt8]
    /// The public key of the only process that may send frames to this stage, 32 bytes; empty likewise.
    package var previousKey: [UInt8]

    package init(nextEndpoint: String, nextKey: [UInt8] = [], previousKey: [UInt8] = []) {
      self.nextEndpoint = nextEndpoint
      self.nextKey = nextKey
      self.previousKey = previousKey
    }
  }

  /// The plan's version; frames of another are dropped.
  package var epoch: PlanEpoch
  /// The last epoch that served: the stage keeps sequences of that epoch and drops others. Nil when none has served.
  package var previousEpoch: PlanEpoch?
  package var place: Place
  package var model: Model
  package var cache: Cache
  package var links: Links
  /// Maximum tokens of one step.
  package var maximumStepTokenCount: Int

  package init(
    epoch: PlanEpoch, previousEpoch: PlanEpoch? = nil, place: Place, model: Model, cache: Cache, links: Links,
    maximumStepTokenCount: Int
  ) {
    self.epoch = epoch
    self.previousEpoch = previousEpoch
    self.place = place
    self.model = model
    self.cache = cache
    self.links = links
    self.maximumStepTokenCount = maximumStepTokenCount
  }
}
