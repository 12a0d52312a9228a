import Core
import Testing

@testable import Worker

@Suite("The log of what a stage sent")
struct ReplayLogTests {
  private static let width = 8
  private static let segmentByteCount = ReplayLog.segmentRowCount * width * 4
  private let a = SequenceID(1)
  private let b = SequenceID(2)

  /// Rows whose numbers say which token they are of.
  private func append(_ log: inout ReplayLog, _ sequence: SequenceID, _ positions: Range<Int>) {
    let rows = positions.flatMap { position in (0..<Self.width).map { Float(position * 100 + $0) } }
    rows.withUnsafeBytes { bytes in
      log.append(sequence, position: positions.lowerBound, rowCount: positions.count) { rows, target in
        let (first, end) = (rows.lowerBound * Self.width * 4, rows.upperBound * Self.width * 4)
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[first..<end]))
      }
    }
  }

  /// Nil when it cannot be read.
  private func read(_ log: ReplayLog, _ sequence: SequenceID, _ positions: Range<Int>) -> [Float]? {
    var log = log
    var target = [Float](repeating: -1, count: positions.count * Self.width)
    do {
      try target.withUnsafeMutableBytes { try log.read(sequence, positions, to: $0) }
      return target
    } catch {
      return nil
    }
  }

  private func rows(_ positions: Range<Int>) -> [Float] {
    positions.flatMap { position in (0..<Self.width).map { Float(position * 100 + $0) } }
  }

  @Test("rows come back as they went in, across chunks of any length")
  func roundTrip() {
    var log = ReplayLog(width: Self.width, byteLimit: 1 << 20)
    var position = 0
    for count in [1, 63, 1, 200, 64, 7] {
      append(&log, a, position..<position + count)
      position += count
    }
    #expect(log.count(of: a) == position)
    for range in [0..<position, 0..<1, 63..<65, 60..<200, position - 1..<position] {
      #expect(read(log, a, range) == rows(range))
    }
    #expect(read(log, a, 0..<position + 1) == nil && read(log, b, 0..<1) == nil && read(log, a, -1..<1) == nil)
  }

  @Test("a sequence that does not fit loses its log, others keep theirs, and its memory is free again")
  func limit() {
    var log = ReplayLog(width: Self.width, byteLimit: 3 * Self.segmentByteCount)
    append(&log, a, 0..<64)
    append(&log, b, 0..<128)
    #expect(log.byteCount == 3 * Self.segmentByteCount)
    append(&log, b, 128..<129)
    #expect(log.count(of: b) == 0 && log.count(of: a) == 64 && log.byteCount == Self.segmentByteCount)
    append(&log, b, 129..<130)
    #expect(log.count(of: b) == 0, "what does not begin at the beginning is of no use")
    append(&log, a, 64..<192)
    #expect(log.count(of: a) == 192)
    #expect(read(log, a, 0..<192) == rows(0..<192))
  }

  @Test("a log of no bytes holds nothing")
  func off() {
    var log = ReplayLog(width: Self.width, byteLimit: 0)
    append(&log, a, 0..<1)
    #expect(log.count(of: a) == 0 && log.byteCount == 0)
  }

  @Test("rows that come again take the place of all from theirs on; a gap ends the log rather than make it wrong")
  func gaps() {
    var log = ReplayLog(width: Self.width, byteLimit: 1 << 20)
    append(&log, a, 0..<10)
    append(&log, a, 11..<12)
    #expect(log.count(of: a) == 0)
    append(&log, a, 64..<70)
    #expect(log.count(of: a) == 0, "the rows of cached pages were never sent")
    append(&log, b, 0..<200)
    append(&log, b, 70..<80)
    #expect(log.count(of: b) == 80 && log.byteCount == 2 * Self.segmentByteCount)
    #expect(read(log, b, 0..<80) == rows(0..<80) && read(log, b, 79..<81) == nil)
  }

  @Test("what goes on is cut to where it goes on, what does not is forgotten, and both give memory back")
  func retained() {
    var log = ReplayLog(width: Self.width, byteLimit: 1 << 20)
    append(&log, a, 0..<200)
    append(&log, b, 0..<200)
    log.retain([a: 70, SequenceID(9): 5])
    #expect(log.count(of: a) == 70 && log.count(of: b) == 0 && log.byteCount == 2 * Self.segmentByteCount)
    append(&log, a, 70..<140)
    #expect(read(log, a, 0..<140) == rows(0..<140))
    log.retain([a: 500])
    #expect(log.count(of: a) == 140)
    log.remove(a)
    #expect(log.byteCount == 0)
  }

  @Test("the log takes what was asked for, or a quarter of the memory, and never more than half of what is left")
  func budget() {
    func bytes(_ memory: Int, _ wanted: Int?, _ weights: Int, _ cache: Int) -> Int {
      ReplayLogBudget(memoryByteCount: memory, wantedByteCount: wanted)
        .byteLimit(besideWeights: weights, keysAndValues: cache)
    }
    #expect(bytes(1000, nil, 100, 100) == 250)
    #expect(bytes(1000, nil, 500, 100) == 200)
    #expect(bytes(1000, 70, 100, 100) == 70)
    #expect(bytes(1000, 0, 0, 0) == 0)
    #expect(bytes(1000, 70, 1000, 1) == 0)
    #expect(bytes(1000, 70, .max, .max) == 0)
  }
}
