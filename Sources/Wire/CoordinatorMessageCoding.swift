import CWire
package import Core

extension CoordinatorMessage {
  /// The message's bytes. Reasons are cut at `WireLimits.maximumStringByteCount`, all strings at their first NUL.
  package func encoded() -> [UInt8] {
    packed { arena in
      arena.make(longhaul__coordinator_message__init) { raw in
        raw.version = ProtocolVersion.current
        switch self {
        case .welcome(let heartbeatMilliseconds):
          raw.body_case = LONGHAUL__COORDINATOR_MESSAGE__BODY_WELCOME
          raw.welcome = arena.make(longhaul__welcome__init) {
            $0.heartbeat_milliseconds = Int64(heartbeatMilliseconds)
          }
        case .refused(let reason):
          raw.body_case = LONGHAUL__COORDINATOR_MESSAGE__BODY_REFUSED
          raw.refused = arena.reason(reason)
        case .assignStage(let assignment):
          raw.body_case = LONGHAUL__COORDINATOR_MESSAGE__BODY_ASSIGN_STAGE
          raw.assign_stage = assignment.raw(arena)
        case .shutdown(let reason):
          raw.body_case = LONGHAUL__COORDINATOR_MESSAGE__BODY_SHUTDOWN
          raw.shutdown = arena.reason(reason)
        case .rejoin(let reason):
          raw.body_case = LONGHAUL__COORDINATOR_MESSAGE__BODY_REJOIN
          raw.rejoin = arena.reason(reason)
        case .drained(let reason):
          raw.body_case = LONGHAUL__COORDINATOR_MESSAGE__BODY_DRAINED
          raw.drained = arena.reason(reason)
        case .manifest(let news):
          raw.body_case = LONGHAUL__COORDINATOR_MESSAGE__BODY_MANIFEST
          raw.manifest = news.raw(arena)
        case .block(let range):
          raw.body_case = LONGHAUL__COORDINATOR_MESSAGE__BODY_BLOCK
          raw.block = range.raw(arena)
        case .blockRefused(let content, let offset, let reason):
          raw.body_case = LONGHAUL__COORDINATOR_MESSAGE__BODY_BLOCK_REFUSED
          raw.block_refused = arena.make(longhaul__block_refusal__init) {
            $0.content = arena.bytes(content.bytes)
            $0.offset = Int64(offset)
            $0.reason = arena.copy(reason, clippedTo: WireLimits.maximumStringByteCount)
          }
        case .peers(let peers):
          raw.body_case = LONGHAUL__COORDINATOR_MESSAGE__BODY_PEERS
          raw.peers = arena.make(longhaul__weight_peers__init) {
            $0.n_peers = peers.count
            $0.peers = arena.pointers(peers) { $0.raw(arena) }
          }
        case .expectStage(let assignment):
          raw.body_case = LONGHAUL__COORDINATOR_MESSAGE__BODY_EXPECT_STAGE
          raw.expect_stage = assignment.raw(arena)
        case .linkProbed(let byteCount):
          raw.body_case = LONGHAUL__COORDINATOR_MESSAGE__BODY_LINK_PROBED
          raw.link_probed = arena.linkProbe(byteCount)
        }
      }
    }
  }

  /// Reads what `encoded()` wrote, from bytes that any peer may have sent.
  package init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
    self = try unpacked(
      bytes, message: "coordinator message", limit: WireLimits.maximumControlByteCount,
      with: longhaul__coordinator_message__unpack
    ) { (raw: borrowing Longhaul__CoordinatorMessage) throws(WireError) in try CoordinatorMessage(raw) }
  }

  /// The epoch of an assignment that cannot be read otherwise, so that its sender gets an answer; nil for other
  /// messages.
  package static func assignedEpoch(in bytes: UnsafeRawBufferPointer) -> PlanEpoch? {
    let epoch = try? unpacked(
      bytes, message: "coordinator message", limit: WireLimits.maximumControlByteCount,
      with: longhaul__coordinator_message__unpack
    ) { (raw: borrowing Longhaul__CoordinatorMessage) throws(WireError) -> UInt32? in
      guard raw.body_case == LONGHAUL__COORDINATOR_MESSAGE__BODY_ASSIGN_STAGE else { return nil }
      return try Field.message(raw.assign_stage, "assign_stage").pointee.epoch
    }
    return epoch.flatMap { $0 }.map { PlanEpoch($0) }
  }

  private init(_ raw: borrowing Longhaul__CoordinatorMessage) throws(WireError) {
    switch raw.body_case {
    case LONGHAUL__COORDINATOR_MESSAGE__BODY_WELCOME:
      let body = try Field.message(raw.welcome, "welcome").pointee
      self = .welcome(
        heartbeatMilliseconds: try Field.integer(
          body.heartbeat_milliseconds, "welcome.heartbeat_milliseconds",
          1...WireLimits.maximumHeartbeatMilliseconds))
    case LONGHAUL__COORDINATOR_MESSAGE__BODY_REFUSED:
      let body = try Field.message(raw.refused, "refused").pointee
      self = .refused(reason: try Field.text(body.reason, "refused.reason"))
    case LONGHAUL__COORDINATOR_MESSAGE__BODY_ASSIGN_STAGE:
      self = .assignStage(try Field.message(raw.assign_stage, "assign_stage", StageAssignment.init))
    case LONGHAUL__COORDINATOR_MESSAGE__BODY_SHUTDOWN:
      let body = try Field.message(raw.shutdown, "shutdown").pointee
      self = .shutdown(reason: try Field.text(body.reason, "shutdown.reason"))
    case LONGHAUL__COORDINATOR_MESSAGE__BODY_REJOIN:
      let body = try Field.message(raw.rejoin, "rejoin").pointee
      self = .rejoin(reason: try Field.text(body.reason, "rejoin.reason"))
    case LONGHAUL__COORDINATOR_MESSAGE__BODY_DRAINED:
      let body = try Field.message(raw.drained, "drained").pointee
      self = .drained(reason: try Field.text(body.reason, "drained.reason"))
    case LONGHAUL__COORDINATOR_MESSAGE__BODY_MANIFEST:
      self = .manifest(try Field.message(raw.manifest, "manifest", ManifestNews.init))
    case LONGHAUL__COORDINATOR_MESSAGE__BODY_BLOCK:
      self = .block(try Field.message(raw.block, "block", ContentRange.init))
    case LONGHAUL__COORDINATOR_MESSAGE__BODY_BLOCK_REFUSED:
      let body = try Field.message(raw.block_refused, "block_refused").pointee
      self = .blockRefused(
        try Field.content(body.content, "block_refused.content"),
        offset: try Field.byteCount(body.offset, "block_refused.offset"),
        reason: try Field.text(body.reason, "block_refused.reason"))
    case LONGHAUL__COORDINATOR_MESSAGE__BODY_PEERS:
      let body = try Field.message(raw.peers, "peers").pointee
      self = .peers(
        try Field.messages(body.peers, body.n_peers, "peers", limit: Limits.maximumWorkerCount, WeightPeer.init))
    case LONGHAUL__COORDINATOR_MESSAGE__BODY_EXPECT_STAGE:
      self = .expectStage(try Field.message(raw.expect_stage, "expect_stage", StageAssignment.init))
    case LONGHAUL__COORDINATOR_MESSAGE__BODY_LINK_PROBED:
      self = .linkProbed(byteCount: try Field.probe(raw.link_probed, "link_probed"))
    default:
      throw .field("body", reason: "is missing or of an unknown kind")
    }
  }
}

extension StageAssignment {
  fileprivate func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__StageAssignment> {
    arena.make(longhaul__stage_assignment__init) {
      $0.epoch = epoch.rawValue
      $0.stage_index = Int64(place.index)
      $0.stage_count = Int64(place.count)
      $0.first_layer = Int64(place.layers.lower)
      $0.layer_end = Int64(place.layers.upper)
      $0.n_model_paths = model.paths.count
      $0.model_paths = arena.copy(model.paths.map { arena.copy($0) })
      $0.model_fingerprint = arena.copy(model.fingerprint)
      $0.next_endpoint = arena.copy(links.nextEndpoint)
      $0.kv_element_type = cache.elementType.raw
      $0.page_count = Int64(cache.pageCount)
      $0.context_length = Int64(cache.contextLength)
      $0.maximum_step_token_count = Int64(maximumStepTokenCount)
      $0.next_key = arena.bytes(links.nextKey)
      $0.previous_key = arena.bytes(links.previousKey)
      $0.shares_weights = model.isShared ? 1 : 0
      $0.resumed_epoch = previousEpoch?.rawValue ?? 0
      $0.attention = cache.attention.raw
      $0.rope_scaling = model.rope?.raw(arena)
    }
  }

  fileprivate init(_ raw: borrowing Longhaul__StageAssignment) throws(WireError) {
    let stageCount = try Field.integer(raw.stage_count, "stage_count", 1...Limits.maximumWorkerCount)
    let layers = try Field.layers(raw.first_layer, "first_layer", raw.layer_end, "layer_end")
    let rawPaths = try Field.elements(
      raw.model_paths, raw.n_model_paths, "model_paths", limit: WireLimits.maximumModelPathCount)
    guard !rawPaths.isEmpty else { throw .field("model_paths", reason: "is empty") }
    var paths: [String] = []
    for path in rawPaths { paths.append(try Field.word(path, "model_paths")) }
    self.init(
      epoch: PlanEpoch(raw.epoch), previousEpoch: raw.resumed_epoch == 0 ? nil : PlanEpoch(raw.resumed_epoch),
      place: Place(
        index: try Field.integer(raw.stage_index, "stage_index", 0...(stageCount - 1)), count: stageCount,
        layers: layers),
      model: Model(
        paths: paths, fingerprint: try Field.word(raw.model_fingerprint, "model_fingerprint", mayBeEmpty: true),
        isShared: raw.shares_weights != 0,
        rope: raw.rope_scaling == nil
          ? nil : try Field.message(raw.rope_scaling, "rope_scaling", RopeOverride.init)),
      cache: Cache(
        elementType: try KVElementType(raw.kv_element_type),
        attention: try AttentionArithmetic(raw.attention, "attention"),
        pageCount: try Field.integer(raw.page_count, "page_count", 0...Int(UInt32.max)),
        contextLength: try Field.integer(raw.context_length, "context_length", 1...Limits.maximumContext)),
      links: Links(
        nextEndpoint: try Field.word(raw.next_endpoint, "next_endpoint"),
        nextKey: try Field.key(raw.next_key, "next_key"),
        previousKey: try Field.key(raw.previous_key, "previous_key")),
      maximumStepTokenCount: try Field.integer(
        raw.maximum_step_token_count, "maximum_step_token_count", 1...Limits.maximumStepTokenCount))
  }
}

extension AttentionArithmetic {
  var raw: Longhaul__AttentionArithmetic {
    switch self {
    case .exact: LONGHAUL__ATTENTION_ARITHMETIC__ATTENTION_ARITHMETIC_EXACT
    case .fast: LONGHAUL__ATTENTION_ARITHMETIC__ATTENTION_ARITHMETIC_FAST
    }
  }

  init(_ raw: Longhaul__AttentionArithmetic, _ field: String) throws(WireError) {
    switch raw {
    case LONGHAUL__ATTENTION_ARITHMETIC__ATTENTION_ARITHMETIC_EXACT: self = .exact
    case LONGHAUL__ATTENTION_ARITHMETIC__ATTENTION_ARITHMETIC_FAST: self = .fast
    default: throw .field(field, reason: "is \(raw.rawValue), not a known arithmetic of attention")
    }
  }
}

extension KVElementType {
  var raw: Longhaul__KVElementType {
    switch self {
    case .i16: LONGHAUL__KVELEMENT_TYPE__KV_ELEMENT_TYPE_I16
    case .f16: LONGHAUL__KVELEMENT_TYPE__KV_ELEMENT_TYPE_F16
    case .bf16: LONGHAUL__KVELEMENT_TYPE__KV_ELEMENT_TYPE_BF16
    case .f32: LONGHAUL__KVELEMENT_TYPE__KV_ELEMENT_TYPE_F32
    case .q8_0: LONGHAUL__KVELEMENT_TYPE__KV_ELEMENT_TYPE_Q8_0
    }
  }

  init(_ raw: Longhaul__KVElementType) throws(WireError) {
    switch raw {
    case LONGHAUL__KVELEMENT_TYPE__KV_ELEMENT_TYPE_I16: self = .i16
    case LONGHAUL__KVELEMENT_TYPE__KV_ELEMENT_TYPE_F16: self = .f16
    case LONGHAUL__KVELEMENT_TYPE__KV_ELEMENT_TYPE_BF16: self = .bf16
    case LONGHAUL__KVELEMENT_TYPE__KV_ELEMENT_TYPE_F32: self = .f32
    case LONGHAUL__KVELEMENT_TYPE__KV_ELEMENT_TYPE_Q8_0: self = .q8_0
    default: throw .field("kv_element_type", reason: "is \(raw.rawValue), not a known element type")
    }
  }
}
