import CWire
import Core

extension MeasuredLink {
  func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__MeasuredLink> {
    arena.make(longhaul__measured_link__init) {
      $0.worker = arena.copy(worker)
      $0.bytes_per_second = bytesPerSecond
      $0.round_trip_seconds = roundTripSeconds
    }
  }

  init(_ raw: borrowing Longhaul__MeasuredLink) throws(WireError) {
    self.init(
      worker: try Field.word(raw.worker, "worker", limit: WireLimits.maximumNameByteCount),
      bytesPerSecond: try Field.number(raw.bytes_per_second, "bytes_per_second", WireLimits.linkRates),
      roundTripSeconds: try Field.number(raw.round_trip_seconds, "round_trip_seconds", WireLimits.roundTrips))
  }
}

extension MessageArena {
  func linkProbe(_ byteCount: Int) -> UnsafeMutablePointer<Longhaul__LinkProbe> {
    make(longhaul__link_probe__init) { $0.byte_count = Int64(byteCount) }
  }
}

extension Field {
  /// How many bytes a probe asks for, or brings.
  static func probe(_ raw: UnsafeMutablePointer<Longhaul__LinkProbe>?, _ name: String) throws(WireError) -> Int {
    try integer(try message(raw, name).pointee.byte_count, "\(name).byte_count", 0...WireLimits.blockByteCount)
  }
}
