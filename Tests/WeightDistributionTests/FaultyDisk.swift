import Glibc
import WeightDistribution
import Synchronization

/// The real file system, on which one operation that changes something fails: by an error, after half of a write, or by
/// the machine's end, when everything that was not synced is lost.
final class FaultyDisk: Disk {
  enum Fault: Hashable, CaseIterable {
    /// The disk is full, this once.
    case full
    /// Nothing works from here on, and what was written and not synced is zeros afterwards.
    case crash
  }

  private struct State {
    var count = 0
    var isDead = false
    /// Writes that are not on the medium, by path.
    var unsynced: [String: [Range<Int>]] = [:]
  }

  private let real = PosixDisk()
  private let failing: Int
  private let fault: Fault
  private let state = Mutex(State())

  /// - Parameter failing: which changing operation fails, from 0; none when there are fewer.
  init(failing: Int = .max, fault: Fault = .full) {
    self.failing = failing
    self.fault = fault
  }

  /// Operations so far that change something.
  var count: Int { state.withLock { $0.count } }
  var hasFailed: Bool { count > failing }

  private enum Verdict {
    case pass
    case fail
  }

  private func step() -> Verdict {
    let (verdict, lost) = state.withLock { state -> (Verdict, [String: [Range<Int>]]) in
      if state.isDead { return (.fail, [:]) }
      defer { state.count += 1 }
      guard state.count == failing else { return (.pass, [:]) }
      guard fault == .crash else { return (.fail, [:]) }
      state.isDead = true
      return (.fail, state.unsynced)
    }
    for (path, ranges) in lost {
      guard let descriptor = try? real.open(path, .writing) else { continue }
      for range in ranges {
        let zeros = [UInt8](repeating: 0, count: range.count)
        zeros.withUnsafeBytes { try? real.write(descriptor, at: range.lowerBound, $0, path: path) }
      }
      real.close(descriptor)
    }
    return verdict
  }

  private func error(_ call: String, _ path: String) -> DiskError {
    DiskError(call: call, path: path, code: fault == .full ? ENOSPC : EIO)
  }

  func makeFolder(_ path: String) throws(DiskError) {
    guard step() == .pass else { throw error("mkdir", path) }
    try real.makeFolder(path)
  }

  func names(in folder: String) throws(DiskError) -> [String] { try real.names(in: folder) }
  func status(of path: String) throws(DiskError) -> FileStatus? { try real.status(of: path) }
  func status(of descriptor: Int32, path: String) throws(DiskError) -> FileStatus {
    try real.status(of: descriptor, path: path)
  }

  func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> Int32 {
    if case .writing = mode, step() == .fail { throw error("open", path) }
    return try real.open(path, mode)
  }

  func close(_ descriptor: Int32) { real.close(descriptor) }
  func lock(_ descriptor: Int32) -> Bool { real.lock(descriptor) }

  func read(
    _ descriptor: Int32, at offset: Int, into buffer: UnsafeMutableRawBufferPointer, path: String
  ) throws(DiskError) -> Int { try real.read(descriptor, at: offset, into: buffer, path: path) }

  func write(_ descriptor: Int32, at offset: Int, _ bytes: UnsafeRawBufferPointer, path: String) throws(DiskError) {
    let isGood = step() == .pass
    if !isGood, state.withLock({ $0.isDead }) { throw error("write", path) }
    let written = UnsafeRawBufferPointer(rebasing: bytes[..<(isGood ? bytes.count : bytes.count / 2)])
    state.withLock { $0.unsynced[path, default: []].append(offset..<offset + written.count) }
    try real.write(descriptor, at: offset, written, path: path)
    if !isGood { throw error("write", path) }
  }

  func sync(_ descriptor: Int32, path: String) throws(DiskError) {
    guard step() == .pass else { throw error("fsync", path) }
    state.withLock { $0.unsynced[path] = nil }
  }

  func rename(_ path: String, to other: String) throws(DiskError) {
    guard step() == .pass else { throw error("rename", path) }
    try real.rename(path, to: other)
    state.withLock { $0.unsynced[other] = $0.unsynced.removeValue(forKey: path) }
  }

  func syncFolder(_ path: String) throws(DiskError) {
    guard step() == .pass else { throw error("fsync", path) }
  }

  func remove(_ path: String) throws(DiskError) {
    guard step() == .pass else { throw error("unlink", path) }
    try real.remove(path)
  }

  func touch(_ path: String) { real.touch(path) }
  func freeByteCount(of folder: String) -> Int? { real.freeByteCount(of: folder) }
}
