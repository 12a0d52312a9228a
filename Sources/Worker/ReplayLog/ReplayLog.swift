import Core

/// The hidden states a stage has sent downstream, by sequence and from the first token on: from them the next stage's
/// layers can be rebuilt when their worker is lost, while no other stage computes. Confined to the compute thread.
///
/// What does not fit in memory goes to disk, where there is a file for it. A log is whole or not there: one that fits
/// nowhere, or whose file fails, is dropped for good with its sequence's next rows, and the others stay. So what a
/// sequence's log reaches never shrinks while nothing is appended to it or read from it.
struct ReplayLog {
  /// Rows for which room is taken at once.
  static let segmentRowCount = Limits.pageSize

  private struct Log {
    var segments: [any ReplaySegment] = []
    var rowCount = 0
    var memoryByteCount: Int { segments.reduce(0) { $0 + $1.memoryByteCount } }
  }

  /// Columns of a row.
  let width: Int
  /// Bytes of memory.
  let byteLimit: Int
  /// Bytes of memory taken.
  private(set) var byteCount = 0
  private var logs: [SequenceID: Log] = [:]
  private let spill: SpillFile?

  /// - Parameter spill: takes what is beyond the limit, in slots of `segmentByteCount(width:)`; nil drops it.
  init(width: Int, byteLimit: Int, spill: SpillFile? = nil) {
    self.width = width
    self.byteLimit = byteLimit
    self.spill = spill
  }

  static func segmentByteCount(width: Int) -> Int { segmentRowCount * width * MemoryLayout<Float>.size }

  /// Tokens of the sequence, from the first on, whose rows are here.
  func count(of sequence: SequenceID) -> Int { logs[sequence]?.rowCount ?? 0 }

  /// Appends `rowCount` rows, those of the tokens from `position` on; rows from there on that are here already are
  /// forgotten. Rows that leave a gap, do not fit or cannot be read end the sequence's log: so there is none of a
  /// sequence that opened on cached pages.
  /// - Parameter read: copies some of these rows, counted from 0, to memory of exactly their size.
  mutating func append(
    _ sequence: SequenceID, position: Int, rowCount: Int,
    read: (_ rows: Range<Int>, _ target: UnsafeMutableRawBufferPointer) throws -> Void
  ) {
    guard position <= count(of: sequence) else { return remove(sequence) }
    truncate(sequence, to: position)
    var log = logs.removeValue(forKey: sequence) ?? Log()
    let needed = (log.rowCount + rowCount + Self.segmentRowCount - 1) / Self.segmentRowCount
    do {
      while log.segments.count < needed {
        let segment = try makeSegment()
        byteCount += segment.memoryByteCount
        log.segments.append(segment)
      }
      try forEachPiece(log.rowCount..<log.rowCount + rowCount) { segment, row, done, count in
        try log.segments[segment].write(row: row, rowCount: count) { try read(done..<done + count, $0) }
      }
      log.rowCount += rowCount
      logs[sequence] = log
    } catch {
      byteCount -= log.memoryByteCount
    }
  }

  /// Copies the rows of the tokens at `positions` to `target`, which has exactly their bytes.
  /// - Throws: `StepError` when they are not all here, and what the disk did not do; the sequence's log has ended then,
  ///   and `target` may hold anything.
  mutating func read(
    _ sequence: SequenceID, _ positions: Range<Int>, to target: UnsafeMutableRawBufferPointer
  ) throws {
    let rowByteCount = width * MemoryLayout<Float>.size
    precondition(target.count == positions.count * rowByteCount, "the target has not the rows' size")
    guard let log = logs[sequence], positions.lowerBound >= 0, positions.upperBound <= log.rowCount else {
      throw StepError.notLogged(sequence, positions)
    }
    do {
      try forEachPiece(positions) { segment, row, done, count in
        let part = target[done * rowByteCount..<(done + count) * rowByteCount]
        try log.segments[segment].read(row: row, to: UnsafeMutableRawBufferPointer(rebasing: part))
      }
    } catch {
      remove(sequence)
      throw error
    }
  }

  /// Forgets the rows of the tokens from `rowCount` on.
  mutating func truncate(_ sequence: SequenceID, to rowCount: Int) {
    guard rowCount < count(of: sequence), var log = logs.removeValue(forKey: sequence) else { return }
    byteCount -= log.memoryByteCount
    guard rowCount > 0 else { return }
    log.rowCount = rowCount
    log.segments.removeLast(log.segments.count - (rowCount + Self.segmentRowCount - 1) / Self.segmentRowCount)
    byteCount += log.memoryByteCount
    logs[sequence] = log
  }

  mutating func remove(_ sequence: SequenceID) {
    guard let log = logs.removeValue(forKey: sequence) else { return }
    byteCount -= log.memoryByteCount
  }

  /// Keeps so many rows of these sequences, as far as they are here, and nothing of any other.
  mutating func retain(_ rowCounts: [SequenceID: Int]) {
    for sequence in Array(logs.keys) { truncate(sequence, to: rowCounts[sequence] ?? 0) }
  }

  /// Room in memory, or else on disk. Memory that the system does not give counts as a limit.
  private func makeSegment() throws -> any ReplaySegment {
    if Self.segmentByteCount(width: width) <= byteLimit - byteCount,
      let segment = try? MemorySegment(rowCount: Self.segmentRowCount, width: width)
    {
      return segment
    }
    guard let spill else { throw SpillError.off }
    return DiskSegment(try spill.takeSlot(), rowCount: Self.segmentRowCount, width: width)
  }

  /// Divides positions at the bounds of segments: the segment, the first row in it, the rows before, and how many.
  private func forEachPiece(_ positions: Range<Int>, _ body: (Int, Int, Int, Int) throws -> Void) rethrows {
    var position = positions.lowerBound
    while position < positions.upperBound {
      let (segment, row) = position.quotientAndRemainder(dividingBy: Self.segmentRowCount)
      let count = min(Self.segmentRowCount - row, positions.upperBound - position)
      try body(segment, row, position - positions.lowerBound, count)
      position += count
    }
  }
}
