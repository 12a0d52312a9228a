package import Wire

/// A folder with parts of models, each in a file named by its content id:
///
///     FOLDER/weights/ID            whole, and verified before it got that name
///     FOLDER/weights/ID.part       being filled; what is good in it stays for the next attempt
///     FOLDER/manifests/NAME        manifests, each behind its own hash
///
/// Several processes may use one folder. Nothing in it is believed: what a file holds is hashed before its first use in
/// a process, unless that process has just filled it in, and what is not what its name says is removed.
package struct BlobStore: Sendable {
  package let folder: String
  let disk: any Disk
  private let memo = VerificationMemo()

  package init(folder: String, disk: any Disk = PosixDisk()) {
    self.folder = folder
    self.disk = disk
  }

  var weightFolder: String { "\(folder)/weights" }
  var manifestFolder: String { "\(folder)/manifests" }

  /// Where content with this id lies once it is whole.
  package func path(of id: ContentID) -> String { "\(weightFolder)/\(id)" }

  /// Whether the content is here, whole and undamaged. What is damaged is removed.
  ///
  /// Reads and hashes all of it, once a process and version of the file.
  /// - Throws: `DiskError` when it cannot be read or removed, `Cancelled`.
  package func holds(
    _ content: HashedContent, cancellation: Cancellation? = nil, progress: (Int) -> Void = { _ in }
  ) throws -> Bool {
    let path = path(of: content.id)
    guard let status = try disk.status(of: path) else { return false }
    if memo.knows(path, status) { return true }
    guard status.byteCount == content.byteCount,
      try FileCheck(disk: disk).firstWrongBlock(
        of: content, at: 0, in: path, cancellation: cancellation, progress: progress) == nil
    else {
      try disk.remove(path)
      return false
    }
    disk.touch(path)
    memo.note(path, status)
    return true
  }

  /// Begins to fill in content that is not here, or resumes an earlier attempt.
  /// - Throws: `DiskError`.
  package func fill(_ content: HashedContent) throws(DiskError) -> BlobFill {
    try disk.makeFolder(weightFolder)
    return try BlobFill(content, path: path(of: content.id), folder: weightFolder, disk: disk)
  }

  /// Content that this process has just filled in has been verified block by block: `holds` need not read it again.
  /// - Throws: `DiskError`.
  package func noteFilled(_ content: HashedContent) throws(DiskError) {
    let path = path(of: content.id)
    if let status = try disk.status(of: path) { memo.note(path, status) }
  }

  /// Bytes that the content will take beyond what is here of it, good or not.
  package func missingByteCount(of content: HashedContent) throws(DiskError) -> Int {
    let path = path(of: content.id)
    if try disk.status(of: path) != nil { return 0 }
    return max(0, content.byteCount - (try disk.status(of: "\(path).part")?.byteCount ?? 0))
  }

  /// Bytes that may still be written; nil where the system does not say.
  package var freeByteCount: Int? { disk.freeByteCount(of: folder) }
}
