/// The few things that sharing and caching weights ask of a file system, so that tests can let each of them fail.
///
/// Every method throws `DiskError`. Descriptors belong to the caller, who closes them.
package protocol Disk: Sendable {
  /// Makes a folder that only this user enters, and what is missing above it.
  func makeFolder(_ path: String) throws(DiskError)
  /// Names in a folder, unsorted; none where there is no such folder.
  func names(in folder: String) throws(DiskError) -> [String]
  /// Nil where there is nothing.
  func status(of path: String) throws(DiskError) -> FileStatus?
  func status(of descriptor: Int32, path: String) throws(DiskError) -> FileStatus
  /// Opens a regular file; does not follow a link where it is made or written.
  func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> Int32
  func close(_ descriptor: Int32)
  /// Locks the file for this process; false where another has it locked. Held until the descriptor is closed.
  func lock(_ descriptor: Int32) -> Bool
  /// Fills the buffer from `offset` on; returns how much of it there was.
  func read(
    _ descriptor: Int32, at offset: Int, into buffer: UnsafeMutableRawBufferPointer, path: String
  ) throws(DiskError) -> Int
  func write(_ descriptor: Int32, at offset: Int, _ bytes: UnsafeRawBufferPointer, path: String) throws(DiskError)
  /// Waits until what was written is on the medium.
  func sync(_ descriptor: Int32, path: String) throws(DiskError)
  func rename(_ path: String, to other: String) throws(DiskError)
  /// Waits until names in the folder are on the medium.
  func syncFolder(_ path: String) throws(DiskError)
  func remove(_ path: String) throws(DiskError)
  /// Notes that a file was used now; when it was modified stays.
  func touch(_ path: String)
  /// Bytes that this user may still write; nil where the system does not say.
  func freeByteCount(of folder: String) -> Int?
}

package enum OpenMode: Sendable {
  case reading
  /// Made where it is not there; what it has stays.
  case writing
}

/// What tells a file from itself after a change.
package struct FileStatus: Hashable, Sendable {
  package var byteCount: Int
  package var inode: UInt64
  /// Nanoseconds since 1970.
  package var modified: Int
  /// Nanoseconds since 1970, of the last `touch`.
  package var used: Int

  package init(byteCount: Int, inode: UInt64, modified: Int, used: Int) {
    self.byteCount = byteCount
    self.inode = inode
    self.modified = modified
    self.used = used
  }
}
