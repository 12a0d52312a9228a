import Fixtures
import Foundation
import Core
import WeightDistribution
import Testing

@testable import Worker

@Suite("The log of what a stage sent, where it goes on on disk")
struct SpilledReplayLogTests {
  private static let width = 8
  private static let segmentByteCount = ReplayLog.segmentByteCount(width: width)
  private let a = SequenceID(1)
  private let b = SequenceID(2)
  private let scratch: ScratchFolder
  private let disk = TroubledDisk()
  private let words = Words()

  /// What a log was given to say.
  private final class Words {
    var said: [String] = []
  }

  init() throws { scratch = try ScratchFolder() }

  private var folder: String { scratch.path("made/when/needed") }

  private func log(memory: Int, disk slots: Int?) -> ReplayLog {
    let spill = SpillFile(
      folder: folder, byteLimit: slots.map { $0 * Self.segmentByteCount }, slotByteCount: Self.segmentByteCount,
      disk: disk
    ) { [words] in words.said.append($0) }
    return ReplayLog(width: Self.width, byteLimit: memory * Self.segmentByteCount, spill: spill)
  }

  private func rows(_ positions: Range<Int>, of sequence: SequenceID) -> [Float] {
    positions.flatMap { position in
      (0..<Self.width).map { Float(position * 100 + $0) + Float(sequence.rawValue) / 7 }
    }
  }

  private func append(_ log: inout ReplayLog, _ sequence: SequenceID, _ positions: Range<Int>) {
    rows(positions, of: sequence).withUnsafeBytes { bytes in
      log.append(sequence, position: positions.lowerBound, rowCount: positions.count) { rows, target in
        let (first, end) = (rows.lowerBound * Self.width * 4, rows.upperBound * Self.width * 4)
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[first..<end]))
      }
    }
  }

  private func read(_ log: inout ReplayLog, _ sequence: SequenceID, _ positions: Range<Int>) throws -> [Float] {
    var target = [Float](repeating: -1, count: positions.count * Self.width)
    try target.withUnsafeMutableBytes { try log.read(sequence, positions, to: $0) }
    return target
  }

  @Test("rows come back bit for bit, in memory or not, across chunks of any length", arguments: [0, 1, 3])
  func roundTrip(memory: Int) throws {
    var log = log(memory: memory, disk: nil)
    var position = 0
    for count in [1, 63, 1, 200, 64, 7] {
      for sequence in [a, b] { append(&log, sequence, position..<position + count) }
      position += count
    }
    for sequence in [a, b] {
      #expect(log.count(of: sequence) == position)
      for range in [0..<position, 0..<1, 63..<65, 60..<200, position - 1..<position] {
        #expect(try read(&log, sequence, range) == rows(range, of: sequence))
      }
    }
    #expect(log.byteCount == memory * Self.segmentByteCount)
    #expect(words.said.isEmpty)
  }

  @Test("while a log fits in memory the disk is not touched")
  func untouched() throws {
    var log = log(memory: 4, disk: nil)
    append(&log, a, 0..<256)
    #expect(disk.calls == 0)
    append(&log, a, 256..<257)
    #expect(disk.writtenByteCount == Self.width * 4)
  }

  @Test("the file has no name, and is closed when nothing is in it")
  func nameless() throws {
    var log: ReplayLog? = log(memory: 0, disk: nil)
    append(&log!, a, 0..<100)
    #expect(disk.openCount == 1)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    log?.remove(a)
    #expect(disk.openCount == 0)
    append(&log!, a, 0..<100)
    #expect(disk.openCount == 1)
    log = nil
    #expect(disk.openCount == 0)
  }

  @Test("a sequence for which disk, too, has no room loses its log; the others keep theirs, and its slots serve again")
  func limit() throws {
    var log = log(memory: 1, disk: 3)
    append(&log, a, 0..<128)
    append(&log, b, 0..<128)
    append(&log, b, 128..<129)
    #expect(log.count(of: b) == 0 && log.count(of: a) == 128)
    // Four segments fit, where memory is free again or was b's slots.
    append(&log, a, 128..<256)
    #expect(try read(&log, a, 0..<256) == rows(0..<256, of: a))
    append(&log, b, 0..<1)
    #expect(log.count(of: b) == 0)
  }

  @Test("what is cut off or forgotten gives its slots back, and what stays is as it was")
  func cut() throws {
    var log = log(memory: 0, disk: 4)
    for _ in 0..<20 {
      append(&log, a, 0..<256)
      log.truncate(a, to: 70)
      append(&log, b, 0..<128)
      #expect(try read(&log, a, 0..<70) == rows(0..<70, of: a))
      #expect(try read(&log, b, 0..<128) == rows(0..<128, of: b))
      log.retain([a: 64])
      #expect(log.count(of: b) == 0)
      append(&log, a, 64..<256)
      #expect(try read(&log, a, 0..<256) == rows(0..<256, of: a))
      log.remove(a)
    }
    #expect(disk.openCount == 0)
  }

  @Test("a full disk ends the log of the sequence that met it, in words, and of no other")
  func full() throws {
    var log = log(memory: 1, disk: nil)
    append(&log, a, 0..<64)
    append(&log, b, 0..<64)
    disk.trouble = .full
    append(&log, b, 64..<65)
    #expect(log.count(of: b) == 0 && log.count(of: a) == 64)
    #expect(words.said.count == 1 && words.said.allSatisfy { $0.contains("free room on that disk") })
    disk.trouble = nil
    append(&log, a, 64..<200)
    #expect(try read(&log, a, 0..<200) == rows(0..<200, of: a))
  }

  @Test("a folder that cannot be made is as good as no disk")
  func noFolder() throws {
    _ = try scratch.write("a file", to: "made")
    var log = log(memory: 1, disk: nil)
    append(&log, a, 0..<64)
    append(&log, a, 64..<65)
    #expect(log.count(of: a) == 0 && log.byteCount == 0)
    #expect(words.said.count == 1 && words.said.allSatisfy { $0.contains("name a folder") || $0.contains("check") })
  }

  @Test(
    "a disk that cannot be read, or gives back other bytes, is an error, and the log has ended",
    arguments: [TroubledDisk.Trouble.unreadable, .forgetful])
  func unreadable(_ trouble: TroubledDisk.Trouble) throws {
    var log = log(memory: 1, disk: nil)
    append(&log, a, 0..<200)
    append(&log, b, 0..<64)
    disk.trouble = trouble
    // The memory's part is still there.
    #expect(try read(&log, a, 0..<64) == rows(0..<64, of: a))
    #expect(throws: (any Error).self) { try read(&log, a, 60..<70) }
    #expect(log.count(of: a) == 0 && log.byteCount == 0 && log.count(of: b) == 64)
    #expect(words.said.count == 1)
    disk.trouble = nil
    #expect(throws: StepError.self) { try read(&log, a, 0..<1) }
    #expect(try read(&log, b, 0..<64) == rows(0..<64, of: b))
  }

  @Test("no disk is used where none is wanted, or no log at all")
  func room() throws {
    #expect(ReplayLogBudget.DiskRoom(folder: nil, byteLimit: nil) == nil)
    #expect(ReplayLogBudget.DiskRoom(folder: "/x", byteLimit: 0) == nil)
    let disk = try #require(ReplayLogBudget.DiskRoom(folder: "/x", byteLimit: nil))
    #expect(ReplayLogBudget(memoryByteCount: 100, wantedByteCount: 0, disk: disk).disk == nil)
    #expect(ReplayLogBudget(memoryByteCount: 100, wantedByteCount: nil, disk: disk).disk == disk)
  }
}
