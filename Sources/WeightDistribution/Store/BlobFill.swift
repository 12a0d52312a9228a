package import Wire

/// One content on its way into a cache: blocks are taken in any order, each once it has been found good; when all are
/// there, the file gets the name that says it is whole.
///
/// Until then it has another name, so that whatever happens in the middle leaves nothing that looks whole. One thread.
package final class BlobFill {
  package let content: HashedContent
  /// Blocks that are not on the disk, or not good.
  package private(set) var missing: Set<Int>
  package var missingByteCount: Int { missing.reduce(0) { $0 + content.range(ofBlock: $1).count } }
  private let disk: any Disk
  private let path: String
  private let folder: String
  private var partPath: String
  private var descriptor: Int32

  init(_ content: HashedContent, path: String, folder: String, disk: any Disk) throws(DiskError) {
    self.content = content
    self.path = path
    self.folder = folder
    self.disk = disk
    missing = Set(0..<content.blockCount)
    (partPath, descriptor) = try Self.openPart(path, disk)
    do throws(DiskError) {
      try takeStock()
    } catch {
      disk.close(descriptor)
      throw error
    }
  }

  deinit {
    if descriptor >= 0 { disk.close(descriptor) }
  }

  /// Takes a block. False, and nothing is changed, when the bytes are not that block.
  /// - Throws: `DiskError` when it cannot be written.
  package func take(_ index: Int, _ bytes: UnsafeRawBufferPointer) throws(DiskError) -> Bool {
    guard content.isBlock(index, bytes) else { return false }
    guard missing.contains(index) else { return true }
    try disk.write(descriptor, at: content.range(ofBlock: index).lowerBound, bytes, path: partPath)
    missing.remove(index)
    return true
  }

  /// Makes the file whole for all to see. To be called once nothing is missing.
  /// - Throws: `DiskError`; what was filled in stays for another attempt.
  package func finish() throws(DiskError) {
    precondition(missing.isEmpty, "a file with blocks missing is not whole")
    try disk.sync(descriptor, path: partPath)
    try disk.rename(partPath, to: path)
    disk.close(descriptor)
    descriptor = -1
    try disk.syncFolder(folder)
  }

  /// The usual name, or one of its own while another process is filling the same.
  private static func openPart(_ path: String, _ disk: any Disk) throws(DiskError) -> (String, Int32) {
    for attempt in 0..<100 {
      let name = attempt == 0 ? "\(path).part" : "\(path).\(attempt).part"
      let descriptor = try disk.open(name, .writing)
      do throws(DiskError) {
        // It may have been finished, and so renamed, between opening and locking.
        if disk.lock(descriptor),
          try disk.status(of: name)?.inode == disk.status(of: descriptor, path: name).inode
        {
          return (name, descriptor)
        }
      } catch {
        disk.close(descriptor)
        throw error
      }
      disk.close(descriptor)
    }
    throw DiskError(call: "lock", path: path, code: 11)
  }

  /// Looks which blocks an earlier attempt left.
  private func takeStock() throws(DiskError) {
    let byteCount = try disk.status(of: descriptor, path: partPath).byteCount
    guard byteCount > 0 else { return }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: WireLimits.blockByteCount, alignment: 64)
    defer { buffer.deallocate() }
    let check = FileCheck(disk: disk)
    for index in 0..<content.blockCount where content.range(ofBlock: index).upperBound <= byteCount {
      if try check.isGood(index, of: content, at: 0, descriptor, path: partPath, buffer) { missing.remove(index) }
    }
  }
}
