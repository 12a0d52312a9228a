import CPlatform
import Glibc

/// A file cannot be mapped. The text names the file and the reason.
package struct MappedFileError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Reason: Hashable, Sendable {
    /// A system call failed with this `errno`.
    case system(call: String, code: Int32)
    /// A directory, device or pipe.
    case notARegularFile
    case empty
    /// Written to or cut since it was mapped.
    case changed
  }

  package let path: String
  package let reason: Reason

  package var description: String {
    switch reason {
    case .system(let call, let code):
      "\(path): \(call) failed: \(String(cString: strerror(code))) (errno \(code)); "
        + "check that the file exists and may be read"
    case .notARegularFile: "\(path): not a regular file; give the path of a file"
    case .empty: "\(path): the file is empty; copy or download it again"
    case .changed: "\(path): the file was written to while it was read; replace a file by renaming (mv), never in place"
    }
  }
}

/// A whole file, read-only, in memory when touched. Unmapped when the last reference goes.
///
/// A file that is written to while it is mapped changes under its reader, and bytes it loses read as zeros: a reader
/// calls `requireUnchanged` before it uses what it read. Renaming another file over it, or removing it, changes
/// nothing here.
///
/// Safety: `@unchecked Sendable`: the mapping is read-only until `deinit`; what others write to the file shows in it,
/// which `requireUnchanged` tells.
package final class MappedFile: @unchecked Sendable {
  /// What a range will be used for.
  package enum Advice: Sendable {
    /// Read ahead soon.
    case willNeed
    /// Read now: the call returns when the bytes are in memory.
    case present
    /// Read once, in order.
    case sequential
    /// Not needed soon; the kernel may drop the pages and read them again later.
    case dontNeed
  }

  package let path: String
  /// The file's bytes. Valid as long as the `MappedFile` lives; the base is page-aligned.
  package let bytes: UnsafeRawBufferPointer
  /// The file when it was mapped.
  package let version: FileVersion
  private let watched: OpaquePointer?

  /// Maps the file at `path`.
  /// - Throws: `MappedFileError` for a missing, unreadable, empty or not regular file.
  package init(path: String) throws(MappedFileError) {
    // O_NONBLOCK: opening a pipe must not wait for a writer; it means nothing for a regular file.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.systemError(path, "open") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.systemError(path, "fstat") }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw MappedFileError(path: path, reason: .notARegularFile)
    }
    guard status.st_size > 0 else { throw MappedFileError(path: path, reason: .empty) }
    let byteCount = Int(status.st_size)
    guard let start = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw Self.systemError(path, "mmap")
    }
    self.path = path
    self.bytes = UnsafeRawBufferPointer(start: start, count: byteCount)
    self.version = FileVersion(status)
    watched = lh_mapping_watch(start, Int64(byteCount))
  }

  /// Whether all that was read of the file until now is what it had when it was mapped. Cost: a system call.
  /// - Throws: the reason `changed`.
  package func requireUnchanged() throws(MappedFileError) {
    var status = stat()
    // Another file, or none, may have the name by now; this one is then out of reach for writers.
    let isChanged = stat(path, &status) == 0 && FileVersion(status).isChange(of: version)
    guard !isChanged, !lh_mapping_has_lost_bytes(watched) else { throw MappedFileError(path: path, reason: .changed) }
  }

  deinit {
    lh_mapping_forget(watched)
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
  }

  /// Tells the kernel about a range of bytes, clamped to the file. A hint: failures change nothing.
  package func advise(_ range: Range<Int>, _ advice: Advice = .willNeed) {
    let clamped = range.clamped(to: 0..<bytes.count)
    guard !clamped.isEmpty, let base = bytes.baseAddress else { return }
    let page = max(1, sysconf(Int32(_SC_PAGESIZE)))
    var first = clamped.lowerBound / page * page
    var end = clamped.upperBound
    let code: Int32
    switch advice {
    case .present: return lh_read_pages(base + first, Int64(end - first))
    case .willNeed: code = MADV_WILLNEED
    case .sequential: code = MADV_SEQUENTIAL
    case .dontNeed:
      code = MADV_DONTNEED
      // Only pages wholly inside: the others hold bytes of other ranges.
      first = (clamped.lowerBound + page - 1) / page * page
      end = end == bytes.count ? end : end / page * page
      guard first < end else { return }
    }
    madvise(UnsafeMutableRawPointer(mutating: base + first), end - first, code)
  }

  private static func systemError(_ path: String, _ call: String) -> MappedFileError {
    MappedFileError(path: path, reason: .system(call: call, code: errno))
  }
}
