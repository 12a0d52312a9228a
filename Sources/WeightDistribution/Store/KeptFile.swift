/// A small file that a host keeps beside its weights: read whole, and replaced whole or not at all. What is in it is
/// checked by its reader.
package struct KeptFile: Sendable {
  private let folder: String
  private let path: String
  private let byteLimit: Int
  private let disk: any Disk

  /// - Parameters:
  ///   - folder: of the cache's folder.
  ///   - key: what the file is for; any text, of which its name is made.
  ///   - byteLimit: a longer file is taken for none.
  package init(_ cache: BlobStore, folder: String, key: String, byteLimit: Int, disk: any Disk) {
    self.folder = "\(cache.folder)/\(folder)"
    self.byteLimit = byteLimit
    self.disk = disk
    var hash = SHA256()
    hash.update(Array(key.utf8))
    let name = hash.finalize().prefix(8).map { byte in
      let digits = String(byte, radix: 16)
      return digits.count < 2 ? "0\(digits)" : digits
    }
    path = "\(self.folder)/\(name.joined())"
  }

  /// Nil where there is none, or none that can be read.
  package func read() -> [UInt8]? {
    guard let file = try? disk.open(path, .reading) else { return nil }
    defer { disk.close(file) }
    guard let status = try? disk.status(of: file, path: path), status.byteCount <= byteLimit else { return nil }
    var bytes = [UInt8](repeating: 0, count: status.byteCount)
    guard let count = try? bytes.withUnsafeMutableBytes({ try disk.read(file, at: 0, into: $0, path: path) }),
      count == bytes.count
    else { return nil }
    return bytes
  }

  /// - Throws: `DiskError`; then the file is what it was.
  package func replace(by bytes: [UInt8]) throws {
    let part = "\(path).part"
    try disk.makeFolder(folder)
    try disk.remove(part)
    let file = try disk.open(part, .writing)
    defer { disk.close(file) }
    do {
      try bytes.withUnsafeBytes { try disk.write(file, at: 0, $0, path: part) }
      try disk.sync(file, path: part)
      try disk.rename(part, to: path)
    } catch {
      try? disk.remove(part)  // It would be removed before the next one is written.
      throw error
    }
  }
}
