import Inference
import Tensors

/// The hidden states a stage has sent downstream, by sequence and from the first token on: from them the next stage's
/// layers can be rebuilt when their worker is lost, without anybody else computing. Confined to the compute thread.
///
/// A log is whole or not there: one that would exceed the limit is dropped for good with its sequence's next rows, and
/// the others stay. So what a sequence's log reaches never shrinks while nothing is appended to it.
struct ReplayLog {
  /// Rows for which memory is taken at once.
  static let segmentRowCount = Limits.pageSize

  private struct Log {
    var segments: [Segment] = []
    var rowCount = 0
  }

  /// `[segmentRowCount, width]`
  private final class Segment {
    let rows: AlignedBuffer<Float>
    init(width: Int) throws { rows = try AlignedBuffer(count: ReplayLog.segmentRowCount * width) }
  }

  /// Columns of a row.
  let width: Int
  let byteLimit: Int
  private(set) var byteCount = 0
  private var logs: [SequenceID: Log] = [:]

  init(width: Int, byteLimit: Int) {
    self.width = width
    self.byteLimit = byteLimit
  }

  private var segmentByteCount: Int { Self.segmentRowCount * width * MemoryLayout<Float>.size }

  /// Tokens of the sequence, from the first on, whose rows are here.
  func count(of sequence: SequenceID) -> Int { logs[sequence]?.rowCount ?? 0 }

  /// Appends `rowCount` rows of `[rowCount, width]`, those of the tokens from `position` on. Rows that do not continue
  /// what is here, or do not fit, end the sequence's log.
  mutating func append(
    _ sequence: SequenceID, position: Int, rows: UnsafePointer<Float>, rowCount: Int
  ) {
    guard byteLimit >= segmentByteCount, position == count(of: sequence) else { return remove(sequence) }
    var log = logs.removeValue(forKey: sequence) ?? Log()
    let needed = (log.rowCount + rowCount + Self.segmentRowCount - 1) / Self.segmentRowCount - log.segments.count
    let (bytes, overflow) = needed.multipliedReportingOverflow(by: segmentByteCount)
    let held = log.segments.count * segmentByteCount
    guard !overflow, bytes <= byteLimit - byteCount else {
      byteCount -= held
      return
    }
    for _ in 0..<needed {
      // Memory that is not to be had is as good as a limit.
      guard let segment = try? Segment(width: width) else {
        byteCount -= held
        return
      }
      log.segments.append(segment)
    }
    byteCount += bytes
    forEachPiece(log.rowCount..<log.rowCount + rowCount) { segment, row, done, count in
      (log.segments[segment].rows.baseAddress + row * width).update(from: rows + done * width, count: count * width)
    }
    log.rowCount += rowCount
    logs[sequence] = log
  }

  /// Copies the rows of the tokens at `positions` to `target`, `[positions.count, width]`. False, and nothing copied,
  /// when they are not all here.
  func read(_ sequence: SequenceID, _ positions: Range<Int>, to target: UnsafeMutablePointer<Float>) -> Bool {
    guard let log = logs[sequence], positions.lowerBound >= 0, positions.upperBound <= log.rowCount else {
      return false
    }
    forEachPiece(positions) { segment, row, done, count in
      (target + done * width).update(from: log.segments[segment].rows.baseAddress + row * width, count: count * width)
    }
    return true
  }

  /// Forgets the rows of the tokens from `rowCount` on.
  mutating func truncate(_ sequence: SequenceID, to rowCount: Int) {
    guard var log = logs[sequence], rowCount < log.rowCount else { return }
    guard rowCount > 0 else { return remove(sequence) }
    log.rowCount = rowCount
    let kept = (rowCount + Self.segmentRowCount - 1) / Self.segmentRowCount
    byteCount -= (log.segments.count - kept) * segmentByteCount
    log.segments.removeLast(log.segments.count - kept)
    logs[sequence] = log
  }

  mutating func remove(_ sequence: SequenceID) {
    guard let log = logs.removeValue(forKey: sequence) else { return }
    byteCount -= log.segments.count * segmentByteCount
  }

  /// Keeps so many rows of these sequences, as far as they are here, and nothing of any other.
  mutating func retain(_ rowCounts: [SequenceID: Int]) {
    for sequence in Array(logs.keys) { truncate(sequence, to: rowCounts[sequence] ?? 0) }
  }

  /// Divides positions at the bounds of segments: the segment, the first row in it, the rows before, and how many.
  private func forEachPiece(_ positions: Range<Int>, _ body: (Int, Int, Int, Int) -> Void) {
    var position = positions.lowerBound
    while position < positions.upperBound {
      let (segment, row) = position.quotientAndRemainder(dividingBy: Self.segmentRowCount)
      let count = min(Self.segmentRowCount - row, positions.upperBound - position)
      body(segment, row, position - positions.lowerBound, count)
      position += count
    }
  }
}
