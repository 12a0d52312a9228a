import CWire
import Core

extension StageTiming {
  func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__StageTiming> {
    arena.make(longhaul__stage_timing__init) {
      $0.wait_nanoseconds = Int64(waitNanoseconds)
      $0.compute_nanoseconds = Int64(computeNanoseconds)
      $0.transfer_nanoseconds = Int64(transferNanoseconds)
      $0.sent_byte_count = Int64(sentByteCount)
      $0.row_count = Int64(rowCount)
    }
  }

  /// The timings of a step: no more than a cluster has stages.
  static func all(
    _ start: UnsafeMutablePointer<UnsafeMutablePointer<Longhaul__StageTiming>?>?, _ count: Int
  ) throws(WireError) -> [StageTiming] {
    try Field.messages(start, count, "timings", limit: Limits.maximumWorkerCount) {
      (raw: borrowing Longhaul__StageTiming) throws(WireError) in
      StageTiming(
        waitNanoseconds: try Field.integer(raw.wait_nanoseconds, "wait_nanoseconds", 0...Int.max),
        computeNanoseconds: try Field.integer(raw.compute_nanoseconds, "compute_nanoseconds", 0...Int.max),
        transferNanoseconds: try Field.integer(raw.transfer_nanoseconds, "transfer_nanoseconds", 0...Int.max),
        sentByteCount: try Field.byteCount(raw.sent_byte_count, "sent_byte_count"),
        rowCount: try Field.integer(raw.row_count, "row_count", 0...Limits.maximumStepTokenCount))
    }
  }
}
