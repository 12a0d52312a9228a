import Glibc
import HTTPClient

/// Fetches one file of a repository into its blob: continues where an earlier try ended, and believes nothing until the
/// hash is right.
struct HubDownload {
  let file: HubFile
  let url: String
  let token: String?
  let cache: HubCache
  /// Given the bytes of the file that are there; what it throws ends the download.
  let progress: (Int) throws -> Void
  /// Waits before another try, in seconds.
  let wait: (Int) -> Void

  /// Tries in a row that bring nothing.
  private static let tryLimit = 5

  /// Returns when the blob is whole.
  /// - Throws: `HubError`, or what `progress` throws. What came until then is kept, unless its hash is wrong.
  func run() throws {
    guard access(cache.blob(file), F_OK) != 0 else { return }
    let path = cache.incompleteBlob(file)
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw Self.disk("cannot open", path) }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw HubError(.unavailable, "another process fetches '\(file.path)'; wait for it, or end it")
    }
    try fetch(descriptor, path)
    let found = BlobDigest.digits(of: descriptor, byteCount: file.byteCount, like: file.digest)
    guard found == file.digest.name else {
      unlink(path)
      throw HubError(
        .damaged,
        "'\(file.path)' has another hash than the hub says; it was removed: fetch it again, or from another hub")
    }
    guard rename(path, cache.blob(file)) == 0 else { throw Self.disk("cannot rename", path) }
  }

  private func fetch(_ descriptor: Int32, _ path: String) throws {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.disk("cannot read", path) }
    var size = Int(status.st_size)
    if size > file.byteCount { size = try cut(descriptor, path) }
    var failures = 0
    while size < file.byteCount {
      try progress(size)
      let before = size
      do {
        try transfer(descriptor, path, &size)
      } catch let failure as HTTPTransfer.Failure {
        try check(failure)
        if failure.ignoresOffset { size = try cut(descriptor, path) }
        failures = size > before ? 0 : failures + 1
        guard failures < Self.tryLimit else {
          throw HubError(
            .unavailable, "'\(file.path)' does not come: \(failure.text); what is there is kept, try again")
        }
        wait(1 << failures)
      }
    }
    try progress(size)
  }

  private func transfer(_ descriptor: Int32, _ path: String, _ size: inout Int) throws {
    var problem: (any Error)?
    var end = size
    do {
      _ = try HTTPTransfer(url: url, token: token, offset: size).run { bytes in
        guard end + bytes.count <= file.byteCount else {
          problem = HubError(
            .damaged,
            "'\(file.path)' is longer than the \(file.byteCount) bytes that the hub says; try again, or from another "
              + "hub")
          return false
        }
        guard pwrite(descriptor, bytes.baseAddress, bytes.count, end) == bytes.count else {
          problem = Self.disk("cannot write", path)
          return false
        }
        end += bytes.count
        do {
          try progress(end)
          return true
        } catch {
          problem = error
          return false
        }
      }
    } catch {
      size = end
      throw problem ?? error
    }
    // An answer that is whole by its own account, and too short by the hub's.
    let isShort = end < file.byteCount
    size = end
    if isShort { throw HTTPTransfer.Failure(text: "the connection ended early") }
  }

  /// Refusals that another try does not change.
  private func check(_ failure: HTTPTransfer.Failure) throws(HubError) {
    guard (400..<500).contains(failure.status), ![408, 416, 429].contains(failure.status) else { return }
    throw .refused(failure.status, file.path)
  }

  private func cut(_ descriptor: Int32, _ path: String) throws(HubError) -> Int {
    guard ftruncate(descriptor, 0) == 0 else { throw Self.disk("cannot cut", path) }
    return 0
  }

  private static func disk(_ what: String, _ path: String) -> HubError {
    HubError(.disk, "\(what) '\(path)': \(String(cString: strerror(errno)))")
  }
}

extension HubError {
  /// What a hub that says no means.
  static func refused(_ status: Int, _ subject: String) -> HubError {
    switch status {
    case 401, 403:
      HubError(
        .unavailable,
        "the hub does not give out '\(subject)' (status \(status)); accept its terms on the hub's page and set HF_TOKEN"
      )
    case 404: HubError(.reference, "the hub has no '\(subject)' (status 404); look at the name")
    default: HubError(.unavailable, "the hub refuses '\(subject)' with status \(status); try again later")
    }
  }
}
