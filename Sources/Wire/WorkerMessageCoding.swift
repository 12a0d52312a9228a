import CWire
import Core

extension WorkerMessage {
  /// The message's bytes. Reasons are cut at `WireLimits.maximumStringByteCount`, all strings at their first NUL.
  package func encoded() -> [UInt8] {
    packed { arena in
      arena.make(longhaul__worker_message__init) { raw in
        raw.version = ProtocolVersion.current
        fill(&raw, arena)
      }
    }
  }

  /// Reads what `encoded()` wrote, from bytes that any peer may have sent.
  package init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
    self = try unpacked(
      bytes, message: "worker message", limit: WireLimits.maximumControlByteCount,
      with: longhaul__worker_message__unpack
    ) { (raw: borrowing Longhaul__WorkerMessage) throws(WireError) in try WorkerMessage(raw) }
  }

  private func fill(_ raw: inout Longhaul__WorkerMessage, _ arena: MessageArena) {
    switch self {
    case .register(let registration):
      raw.body_case = LONGHAUL__WORKER_MESSAGE__BODY_REGISTER
      raw.register_ = registration.raw(arena)
    case .heartbeat(let heartbeat):
      raw.body_case = LONGHAUL__WORKER_MESSAGE__BODY_HEARTBEAT
      raw.heartbeat = heartbeat.raw(arena)
    case .loadProgress(let epoch, let fraction):
      raw.body_case = LONGHAUL__WORKER_MESSAGE__BODY_LOAD_PROGRESS
      raw.load_progress = arena.make(longhaul__load_progress__init) {
        $0.epoch = epoch.rawValue
        $0.fraction = fraction
      }
    case .stageReady(let epoch, let weightByteCount, let kvByteCount, let held):
      raw.body_case = LONGHAUL__WORKER_MESSAGE__BODY_STAGE_READY
      raw.stage_ready = arena.make(longhaul__stage_ready__init) {
        $0.epoch = epoch.rawValue
        $0.weight_byte_count = Int64(weightByteCount)
        $0.kv_byte_count = Int64(kvByteCount)
        $0.n_held = held.count
        $0.held = arena.pointers(held) { $0.raw(arena) }
      }
    case .stageFailed(let epoch, let reason):
      raw.body_case = LONGHAUL__WORKER_MESSAGE__BODY_STAGE_FAILED
      raw.stage_failed = arena.make(longhaul__stage_failed__init) {
        $0.epoch = epoch.rawValue
        $0.reason = arena.copy(reason, clippedTo: WireLimits.maximumStringByteCount)
      }
    case .leaving(let reason):
      raw.body_case = LONGHAUL__WORKER_MESSAGE__BODY_LEAVING
      raw.leaving = arena.reason(reason)
    case .draining(let reason):
      raw.body_case = LONGHAUL__WORKER_MESSAGE__BODY_DRAINING
      raw.draining = arena.reason(reason)
    case .drain(let worker):
      raw.body_case = LONGHAUL__WORKER_MESSAGE__BODY_DRAIN
      raw.drain = arena.make(longhaul__drain_request__init) { $0.worker = arena.copy(worker) }
    case .fetchManifest:
      raw.body_case = LONGHAUL__WORKER_MESSAGE__BODY_FETCH_MANIFEST
      raw.fetch_manifest = arena.make(longhaul__fetch_manifest__init) { _ in }
    case .fetchBlock(let range):
      raw.body_case = LONGHAUL__WORKER_MESSAGE__BODY_FETCH_BLOCK
      raw.fetch_block = range.raw(arena)
    case .probeLink(let byteCount):
      raw.body_case = LONGHAUL__WORKER_MESSAGE__BODY_PROBE_LINK
      raw.probe_link = arena.linkProbe(byteCount)
    case .measuredLink(let link):
      raw.body_case = LONGHAUL__WORKER_MESSAGE__BODY_MEASURED_LINK
      raw.measured_link = link.raw(arena)
    }
  }

  private init(_ raw: borrowing Longhaul__WorkerMessage) throws(WireError) {
    switch raw.body_case {
    case LONGHAUL__WORKER_MESSAGE__BODY_REGISTER:
      self = .register(try Field.message(raw.register_, "register", WorkerRegistration.init))
    case LONGHAUL__WORKER_MESSAGE__BODY_HEARTBEAT:
      self = .heartbeat(try Field.message(raw.heartbeat, "heartbeat", WorkerHeartbeat.init))
    case LONGHAUL__WORKER_MESSAGE__BODY_LOAD_PROGRESS:
      let body = try Field.message(raw.load_progress, "load_progress").pointee
      self = .loadProgress(
        epoch: PlanEpoch(body.epoch), fraction: try Field.number(body.fraction, "load_progress.fraction", 0...1))
    case LONGHAUL__WORKER_MESSAGE__BODY_STAGE_READY:
      let body = try Field.message(raw.stage_ready, "stage_ready").pointee
      self = .stageReady(
        epoch: PlanEpoch(body.epoch),
        weightByteCount: try Field.byteCount(body.weight_byte_count, "stage_ready.weight_byte_count"),
        kvByteCount: try Field.byteCount(body.kv_byte_count, "stage_ready.kv_byte_count"),
        held: try Field.messages(
          body.held, body.n_held, "stage_ready.held", limit: WireLimits.maximumResidentSequenceCount,
          ResidentSequence.init))
    case LONGHAUL__WORKER_MESSAGE__BODY_STAGE_FAILED:
      let body = try Field.message(raw.stage_failed, "stage_failed").pointee
      self = .stageFailed(
        epoch: PlanEpoch(body.epoch), reason: try Field.text(body.reason, "stage_failed.reason"))
    case LONGHAUL__WORKER_MESSAGE__BODY_LEAVING:
      let body = try Field.message(raw.leaving, "leaving").pointee
      self = .leaving(reason: try Field.text(body.reason, "leaving.reason"))
    case LONGHAUL__WORKER_MESSAGE__BODY_DRAINING:
      let body = try Field.message(raw.draining, "draining").pointee
      self = .draining(reason: try Field.text(body.reason, "draining.reason"))
    case LONGHAUL__WORKER_MESSAGE__BODY_DRAIN:
      let body = try Field.message(raw.drain, "drain").pointee
      self = .drain(
        worker: try Field.word(body.worker, "drain.worker", limit: WireLimits.maximumNameByteCount))
    case LONGHAUL__WORKER_MESSAGE__BODY_FETCH_MANIFEST:
      _ = try Field.message(raw.fetch_manifest, "fetch_manifest")
      self = .fetchManifest
    case LONGHAUL__WORKER_MESSAGE__BODY_FETCH_BLOCK:
      self = .fetchBlock(try Field.message(raw.fetch_block, "fetch_block", ContentRange.init))
    case LONGHAUL__WORKER_MESSAGE__BODY_PROBE_LINK:
      self = .probeLink(byteCount: try Field.probe(raw.probe_link, "probe_link"))
    case LONGHAUL__WORKER_MESSAGE__BODY_MEASURED_LINK:
      self = .measuredLink(try Field.message(raw.measured_link, "measured_link", MeasuredLink.init))
    default:
      throw .field("body", reason: "is missing or of an unknown kind")
    }
  }
}

extension WorkerRegistration {
  fileprivate func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__WorkerRegistration> {
    arena.make(longhaul__worker_registration__init) {
      $0.name = arena.copy(name)
      $0.incarnation = incarnation
      $0.build = arena.copy(build)
      $0.offer = offer.raw(arena)
      $0.data_endpoint = arena.copy(dataEndpoint)
      $0.weights_endpoint = arena.copy(weightsEndpoint)
      $0.loaded_first_layer = Int64(loadedLayers?.lower ?? 0)
      $0.loaded_layer_end = Int64(loadedLayers?.upper ?? 0)
      $0.n_links = links.count
      $0.links = arena.pointers(links) { $0.raw(arena) }
    }
  }

  fileprivate init(_ raw: borrowing Longhaul__WorkerRegistration) throws(WireError) {
    let loaded = try Field.layers(
      raw.loaded_first_layer, "loaded_first_layer", raw.loaded_layer_end, "loaded_layer_end")
    self.init(
      name: try Field.word(raw.name, "name", limit: WireLimits.maximumNameByteCount),
      incarnation: raw.incarnation,
      build: try Field.word(raw.build, "build", mayBeEmpty: true),
      offer: try Field.message(raw.offer, "offer", StageOffer.init),
      dataEndpoint: try Field.word(raw.data_endpoint, "data_endpoint"),
      weightsEndpoint: try Field.word(raw.weights_endpoint, "weights_endpoint", mayBeEmpty: true),
      loadedLayers: loaded.count > 0 ? loaded : nil,
      links: try Field.messages(raw.links, raw.n_links, "links", limit: Limits.maximumWorkerCount, MeasuredLink.init))
  }
}

extension WorkerHeartbeat {
  fileprivate func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__WorkerHeartbeat> {
    arena.make(longhaul__worker_heartbeat__init) {
      $0.incarnation = incarnation
      $0.epoch = epoch.rawValue
      $0.progress = progress
      $0.step_milliseconds = Int64(stepMilliseconds ?? 0)
    }
  }

  fileprivate init(_ raw: borrowing Longhaul__WorkerHeartbeat) throws(WireError) {
    let step = try Field.integer(
      raw.step_milliseconds, "heartbeat.step_milliseconds", 0...WireLimits.maximumStepMilliseconds)
    self.init(
      incarnation: raw.incarnation, epoch: PlanEpoch(raw.epoch), progress: raw.progress,
      stepMilliseconds: step == 0 ? nil : step)
  }
}

extension MessageArena {
  /// A message that says only why.
  func reason(_ reason: String) -> UnsafeMutablePointer<Longhaul__Reason> {
    make(longhaul__reason__init) {
      $0.reason = copy(reason, clippedTo: WireLimits.maximumStringByteCount)
    }
  }
}
