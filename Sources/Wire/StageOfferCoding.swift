import CWire
import Core

extension StageOffer {
  func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__StageOffer> {
    // In the types' own order, so that the same offer has the same bytes.
    let sizes = KVElementType.allCases.compactMap { type in pageSizes[type].map { (type, $0) } }
    let attentions = AttentionArithmetic.allCases.filter { $0 != .exact && self.attentions.contains($0) }
    return arena.make(longhaul__stage_offer__init) {
      $0.device = arena.copy(device)
      $0.memory_byte_count = Int64(memoryByteCount)
      $0.thread_count = Int64(threadCount)
      $0.numerics_id = arena.copy(numericsID)
      $0.n_page_sizes = sizes.count
      $0.page_sizes = arena.pointers(sizes) { type, size in
        arena.make(longhaul__kvpage_size__init) {
          $0.element_type = type.raw
          $0.key = size.key.raw(arena)
          $0.value = size.value.raw(arena)
        }
      }
      $0.n_attentions = attentions.count
      $0.attentions = arena.copy(attentions.map(\.raw))
      $0.scales_rope = scalesRope ? 1 : 0
      $0.speed = speed?.raw(arena)
    }
  }

  init(_ raw: borrowing Longhaul__StageOffer) throws(WireError) {
    let sizes = try Field.messages(
      raw.page_sizes, raw.n_page_sizes, "page_sizes", limit: KVElementType.allCases.count, KVPageSize.read)
    guard Set(sizes.map(\.type)).count == sizes.count else { throw .field("page_sizes", reason: "has a type twice") }
    var attentions: Set<AttentionArithmetic> = [.exact]
    for attention in try Field.elements(raw.attentions, raw.n_attentions, "attentions", limit: attentionLimit) {
      attentions.insert(try AttentionArithmetic(attention, "attentions"))
    }
    self.init(
      device: try Field.word(raw.device, "device", limit: WireLimits.maximumNameByteCount),
      memoryByteCount: try Field.byteCount(raw.memory_byte_count, "memory_byte_count"),
      threadCount: try Field.integer(raw.thread_count, "thread_count", 1...WireLimits.maximumThreadCount),
      numericsID: try Field.word(raw.numerics_id, "numerics_id", limit: WireLimits.maximumNameByteCount),
      pageSizes: Dictionary(uniqueKeysWithValues: sizes.map { ($0.type, $0.size) }), attentions: attentions,
      scalesRope: raw.scales_rope != 0,
      speed: raw.speed == nil ? nil : try Field.message(raw.speed, "speed", StageSpeed.init))
  }
}

/// Names of arithmetic in an offer, of which some may be new.
private let attentionLimit = 16

extension KVPageSize {
  fileprivate static func read(
    _ raw: borrowing Longhaul__KVPageSize
  ) throws(WireError) -> (type: KVElementType, size: KVPageSize) {
    (
      try KVElementType(raw.element_type),
      KVPageSize(
        key: try Field.message(raw.key, "key", Vector.init), value: try Field.message(raw.value, "value", Vector.init))
    )
  }
}

extension KVPageSize.Vector {
  fileprivate func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__KVVectorSize> {
    arena.make(longhaul__kvvector_size__init) {
      $0.bit_count = Int64(bitCount)
      $0.group_size = Int64(groupSize)
      $0.extra_byte_count = Int64(extraByteCount)
    }
  }

  fileprivate init(_ raw: borrowing Longhaul__KVVectorSize) throws(WireError) {
    self.init(
      bitCount: try Field.integer(raw.bit_count, "bit_count", 1...64),
      groupSize: try Field.integer(raw.group_size, "group_size", 1...WireLimits.maximumVectorExtent),
      extraByteCount: try Field.integer(raw.extra_byte_count, "extra_byte_count", 0...WireLimits.maximumVectorExtent))
  }
}

extension StageSpeed {
  fileprivate func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__StageSpeed> {
    arena.make(longhaul__stage_speed__init) {
      $0.prefill = prefill
      $0.decode = decode
    }
  }

  fileprivate init(_ raw: borrowing Longhaul__StageSpeed) throws(WireError) {
    let range = Double.leastNormalMagnitude...WireLimits.maximumSpeed
    self.init(
      prefill: try Field.number(raw.prefill, "prefill", range), decode: try Field.number(raw.decode, "decode", range))
  }
}
