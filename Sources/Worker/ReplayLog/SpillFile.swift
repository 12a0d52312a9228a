import WeightDistribution

/// Why rows could not be kept on disk, or had from it.
enum SpillError: Error, CustomStringConvertible {
  case off
  case full(byteLimit: Int)
  case damaged(folder: String)

  var description: String {
    switch self {
    case .off: "there is no memory left for the replay log, and no disk (--replay-disk)"
    case .full(let limit): "the replay log has its \(limit) bytes of disk (--replay-disk)"
    case .damaged(let folder): "\(folder): the disk gave back other bytes than were written; check it"
    }
  }
}

/// A file for what does not fit in memory, in slots of one size. Confined to the compute thread.
///
/// It has no name, so the system removes it however the process ends; and it is there only while a slot is taken. It is
/// read and written by calls, never mapped: what a disk does not do is an error, not a signal.
final class SpillFile {
  /// What it may grow to by default, where the disk has four times as much to spare.
  static let usualByteLimit = 8 << 30

  private struct OpenFile {
    let descriptor: Int32
    let slotLimit: Int
    let byteLimit: Int
    /// Slots that were used and are not, last in first out.
    var free: [Int] = []
    /// Slots in the file.
    var count = 0
  }

  private let folder: String
  private let byteLimit: Int?
  private let slotByteCount: Int
  private let disk: any Disk
  private let report: (String) -> Void
  private var file: OpenFile?

  /// - Parameters:
  ///   - folder: made when it is needed.
  ///   - byteLimit: of the file; nil takes `usualByteLimit`, or a quarter of what the disk has to spare.
  ///   - report: given a line for the log whenever something fails.
  init(
    folder: String, byteLimit: Int?, slotByteCount: Int, disk: any Disk = PosixDisk(),
    report: @escaping (String) -> Void = { _ in }
  ) {
    self.folder = folder
    self.byteLimit = byteLimit
    self.slotByteCount = slotByteCount
    self.disk = disk
    self.report = report
  }

  deinit {
    if let file { disk.close(file.descriptor) }
  }

  /// Bytes of slots that are taken.
  var byteCount: Int { file.map { ($0.count - $0.free.count) * slotByteCount } ?? 0 }

  /// A free slot, taken until its value is released.
  /// - Throws: `SpillError.full`, `DiskError`.
  func takeSlot() throws -> SpillSlot {
    if file == nil { file = try reporting { try openFile() } }
    guard var open = file else { throw SpillError.off }
    defer { file = open }
    if let index = open.free.popLast() { return SpillSlot(index, of: self) }
    guard open.count < open.slotLimit else { throw SpillError.full(byteLimit: open.byteLimit) }
    open.count += 1
    return SpillSlot(open.count - 1, of: self)
  }

  private func openFile() throws -> OpenFile {
    try disk.makeFolder(folder)
    let usual = min(Self.usualByteLimit, disk.freeByteCount(of: folder).map { $0 / 4 } ?? .max)
    let limit = byteLimit ?? usual
    guard limit >= slotByteCount else { throw SpillError.full(byteLimit: limit) }
    let path = "\(folder)/replay-\(String(UInt64.random(in: 0...UInt64.max), radix: 16))"
    let descriptor = try disk.open(path, .writing)
    do {
      try disk.remove(path)
    } catch {
      disk.close(descriptor)
      throw error
    }
    return OpenFile(descriptor: descriptor, slotLimit: limit / slotByteCount, byteLimit: limit)
  }

  /// Without a slot that is taken the file is of no use, and its disk is others' again.
  fileprivate func release(_ index: Int) {
    file?.free.append(index)
    guard let file, file.free.count == file.count else { return }
    disk.close(file.descriptor)
    self.file = nil
  }

  fileprivate func write(_ bytes: UnsafeRawBufferPointer, slot: Int, at offset: Int) throws {
    guard let file else { throw SpillError.off }
    try reporting { try disk.write(file.descriptor, at: slot * slotByteCount + offset, bytes, path: folder) }
  }

  fileprivate func read(into bytes: UnsafeMutableRawBufferPointer, slot: Int, at offset: Int) throws {
    guard let file else { throw SpillError.off }
    let count = try reporting {
      try disk.read(file.descriptor, at: slot * slotByteCount + offset, into: bytes, path: folder)
    }
    guard count == bytes.count else { throw damage() }
  }

  fileprivate func damage() -> SpillError {
    report("\(SpillError.damaged(folder: folder))")
    return .damaged(folder: folder)
  }

  private func reporting<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch {
      report("\(error)")
      throw error
    }
  }
}

/// Room in a spill file; free again when the value is released.
final class SpillSlot {
  private let file: SpillFile
  private let index: Int

  fileprivate init(_ index: Int, of file: SpillFile) {
    self.index = index
    self.file = file
  }

  deinit { file.release(index) }

  /// Throws `DiskError`.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    try file.write(bytes, slot: index, at: offset)
  }

  /// Fills the buffer. Throws `DiskError`, `SpillError`.
  func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    try file.read(into: bytes, slot: index, at: offset)
  }

  /// Reports, and returns to be thrown, that the slot holds other bytes than were written.
  func damage() -> SpillError { file.damage() }
}
