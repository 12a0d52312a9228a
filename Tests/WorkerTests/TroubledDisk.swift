import Glibc
import WeightDistribution
import Synchronization

/// The real file system, counted, with a disk that is full, cannot be read, or gives back other bytes, from when one
/// says so.
final class TroubledDisk: Disk {
  enum Trouble {
    case full
    case unreadable
    case forgetful
  }

  private struct State {
    var trouble: Trouble?
    var writtenByteCount = 0
    var calls = 0
    var open = 0
  }

  private let real = PosixDisk()
  private let state = Mutex(State())

  var trouble: Trouble? {
    get { state.withLock { $0.trouble } }
    set { state.withLock { $0.trouble = newValue } }
  }
  var writtenByteCount: Int { state.withLock { $0.writtenByteCount } }
  /// Of any method.
  var calls: Int { state.withLock { $0.calls } }
  /// Files that are open.
  var openCount: Int { state.withLock { $0.open } }

  func makeFolder(_ path: String) throws(DiskError) {
    count()
    try real.makeFolder(path)
  }

  func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> Int32 {
    count()
    let descriptor = try real.open(path, mode)
    state.withLock { $0.open += 1 }
    return descriptor
  }

  func close(_ descriptor: Int32) {
    state.withLock { $0.open -= 1 }
    real.close(descriptor)
  }

  func read(
    _ descriptor: Int32, at offset: Int, into buffer: UnsafeMutableRawBufferPointer, path: String
  ) throws(DiskError) -> Int {
    if trouble == .unreadable { throw DiskError(call: "read", path: path, code: EIO) }
    let read = try real.read(descriptor, at: offset, into: buffer, path: path)
    if trouble == .forgetful, read > 0 { buffer[read / 2] ^= 1 }
    return read
  }

  func write(_ descriptor: Int32, at offset: Int, _ bytes: UnsafeRawBufferPointer, path: String) throws(DiskError) {
    count()
    if trouble == .full { throw DiskError(call: "write", path: path, code: ENOSPC) }
    try real.write(descriptor, at: offset, bytes, path: path)
    state.withLock { $0.writtenByteCount += bytes.count }
  }

  private func count() { state.withLock { $0.calls += 1 } }

  func remove(_ path: String) throws(DiskError) { try real.remove(path) }
  func names(in folder: String) throws(DiskError) -> [String] { try real.names(in: folder) }
  func status(of path: String) throws(DiskError) -> FileStatus? { try real.status(of: path) }
  func status(of descriptor: Int32, path: String) throws(DiskError) -> FileStatus {
    try real.status(of: descriptor, path: path)
  }
  func lock(_ descriptor: Int32) -> Bool { real.lock(descriptor) }
  func sync(_ descriptor: Int32, path: String) throws(DiskError) { try real.sync(descriptor, path: path) }
  func rename(_ path: String, to other: String) throws(DiskError) { try real.rename(path, to: other) }
  func syncFolder(_ path: String) throws(DiskError) { try real.syncFolder(path) }
  func touch(_ path: String) { real.touch(path) }
  func freeByteCount(of folder: String) -> Int? { real.freeByteCount(of: folder) }
}
