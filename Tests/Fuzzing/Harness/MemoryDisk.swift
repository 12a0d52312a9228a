import Glibc
import WeightDistribution

/// A disk of nothing but memory, so that an execution costs no system call: it fails on demand, can be
/// damaged, and forgets what was not synced when the machine goes down. For one thread.
final class MemoryDisk: Disk, @unchecked Sendable {
  private final class File {
    let inode: UInt64
    var bytes: [UInt8] = []
    /// What lies on the medium.
    var syncedBytes: [UInt8] = []
    var modified = 0
    var used = 0
    /// The descriptor that has it locked.
    var holder: Int32?

    init(inode: UInt64) { self.inode = inode }

    var status: FileStatus { FileStatus(byteCount: bytes.count, inode: inode, modified: modified, used: used) }
  }

  private var files: [String: File] = [:]
  private var opened: [Int32: File] = [:]
  private var lastDescriptor: Int32 = 2
  private var time = 0
  /// Changes until one fails.
  private var untilFailure: Int?

  // MARK: What happens to it

  /// The next change but so many fails, a write in its middle.
  func fail(after count: Int) { untilFailure = count }

  /// A byte is changed, or the file cut or lengthened.
  func damage(_ path: String, _ argument: Int) {
    guard let file = files[path] else { return }
    file.modified = nextTime()
    if argument < 128 {
      let at = argument * 65
      if file.bytes.indices.contains(at) { file.bytes[at] = UInt8(argument) }
    } else {
      let count = argument * 40
      file.bytes = Array(file.bytes.prefix(count))
      file.bytes += Array(repeating: 0, count: count - file.bytes.count)
    }
  }

  /// What was not synced is lost.
  func goDown() {
    for file in files.values {
      file.bytes = file.syncedBytes
      file.modified = nextTime()
    }
    untilFailure = nil
  }

  /// Whether the file holds these bytes and no others.
  func holds(_ bytes: [UInt8], at path: String) -> Bool {
    guard let file = files[path], file.bytes.count == bytes.count else { return false }
    return memcmp(file.bytes, bytes, bytes.count) == 0
  }

  var openCount: Int { opened.count }

  // MARK: Disk

  func makeFolder(_ path: String) throws(DiskError) { try change("mkdir", path) }

  func names(in folder: String) throws(DiskError) -> [String] {
    files.keys.filter { $0.hasPrefix("\(folder)/") }.map { String($0.dropFirst(folder.count + 1)) }
  }

  func status(of path: String) throws(DiskError) -> FileStatus? { files[path]?.status }
  func status(of descriptor: Int32, path: String) throws(DiskError) -> FileStatus { try file(descriptor, path).status }

  func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> Int32 {
    if case .writing = mode {
      try change("open", path)
      files[path] = files[path] ?? File(inode: UInt64(nextTime()))
    }
    guard let file = files[path] else { throw DiskError(call: "open", path: path, code: ENOENT) }
    lastDescriptor += 1
    opened[lastDescriptor] = file
    return lastDescriptor
  }

  func close(_ descriptor: Int32) {
    let file = opened.removeValue(forKey: descriptor)
    require(file != nil, "what is closed was open")
    if file?.holder == descriptor { file?.holder = nil }
  }

  func lock(_ descriptor: Int32) -> Bool {
    guard let file = opened[descriptor], file.holder == nil || file.holder == descriptor else { return false }
    file.holder = descriptor
    return true
  }

  func read(
    _ descriptor: Int32, at offset: Int, into buffer: UnsafeMutableRawBufferPointer, path: String
  ) throws(DiskError) -> Int {
    let part = try file(descriptor, path).bytes.dropFirst(offset).prefix(buffer.count)
    buffer.copyBytes(from: part)
    return part.count
  }

  func write(_ descriptor: Int32, at offset: Int, _ bytes: UnsafeRawBufferPointer, path: String) throws(DiskError) {
    let file = try file(descriptor, path)
    let isGood = !isFailing()
    let written = bytes.prefix(isGood ? bytes.count : bytes.count / 2)
    let end = offset + written.count
    if file.bytes.count < end { file.bytes += Array(repeating: 0, count: end - file.bytes.count) }
    file.bytes.replaceSubrange(offset..<end, with: written)
    file.modified = nextTime()
    if !isGood { throw DiskError(call: "write", path: path, code: ENOSPC) }
  }

  func sync(_ descriptor: Int32, path: String) throws(DiskError) {
    let file = try file(descriptor, path)
    try change("fsync", path)
    file.syncedBytes = file.bytes
  }

  func rename(_ path: String, to other: String) throws(DiskError) {
    try change("rename", path)
    files[other] = files.removeValue(forKey: path)
  }

  func syncFolder(_ path: String) throws(DiskError) { try change("fsync", path) }

  func remove(_ path: String) throws(DiskError) {
    try change("unlink", path)
    files[path] = nil
  }

  func touch(_ path: String) { files[path]?.used = nextTime() }
  func freeByteCount(of folder: String) -> Int? { nil }

  private func file(_ descriptor: Int32, _ path: String) throws(DiskError) -> File {
    guard let file = opened[descriptor] else { throw DiskError(call: "use", path: path, code: EBADF) }
    return file
  }

  /// To be called before a change is made.
  private func change(_ call: String, _ path: String) throws(DiskError) {
    if isFailing() { throw DiskError(call: call, path: path, code: EIO) }
  }

  private func isFailing() -> Bool {
    guard let left = untilFailure else { return false }
    untilFailure = left == 0 ? nil : left - 1
    return left == 0
  }

  private func nextTime() -> Int {
    time += 1
    return time
  }
}
