/// What a worker's device offers a plan: what stages cost there, not how they lie there.
package struct StageOffer: Hashable, Sendable {
  /// The device's name, for people.
  package var device: String
  /// Bytes for weights, pages and the process itself.
  package var memoryByteCount: Int
  package var threadCount: Int
  /// Names the rules of the device's arithmetic; stages of one plan must share it.
  package var numericsID: String
  /// Bytes of a KV page, for each type that the device can store.
  package var pageSizes: [KVElementType: KVPageSize]
  /// The arithmetic of attention that the device has; `exact` always.
  package var attentions: Set<AttentionArithmetic>
  /// Whether it loads a model with another scaling of RoPE than its files state (`RopeOverride`).
  package var scalesRope: Bool
  /// Nil where threads are to be counted.
  package var speed: StageSpeed?

  package init(
    device: String, memoryByteCount: Int, threadCount: Int, numericsID: String,
    pageSizes: [KVElementType: KVPageSize], attentions: Set<AttentionArithmetic> = [.exact],
    scalesRope: Bool = true, speed: StageSpeed? = nil
  ) {
    self.device = device
    self.memoryByteCount = memoryByteCount
    self.threadCount = threadCount
    self.numericsID = numericsID
    self.pageSizes = pageSizes
    self.attentions = attentions
    self.scalesRope = scalesRope
    self.speed = speed
  }
}

/// Speeds of a device, measured or stated, in threads of `ReferenceThread`; positive. Prefill is arithmetic, decode is
/// reading memory.
package struct StageSpeed: Hashable, Sendable {
  package var prefill: Double
  package var decode: Double

  package init(prefill: Double, decode: Double) {
    self.prefill = prefill
    self.decode = decode
  }
}
