package import Core

extension StageOffer {
  /// What a device offers that stores each number of a key or value in two bytes, beside a scale of four.
  /// - Parameter speed: of prefill and decode alike; nil where nothing measured it.
  package static func sample(
    memoryByteCount: Int = 1 << 30, threadCount: Int = 1, speed: Double? = nil
  ) -> StageOffer {
    let vector = KVPageSize.Vector(bitCount: 16, extraByteCount: 4)
    return StageOffer(
      device: "sample", memoryByteCount: memoryByteCount, threadCount: threadCount, numericsID: NumericsID.current,
      pageSizes: Dictionary(
        uniqueKeysWithValues: KVElementType.allCases.map { ($0, KVPageSize(key: vector, value: vector)) }),
      speed: speed.map { StageSpeed(prefill: $0, decode: $0) })
  }
}
