package import Core
package import WeightDistribution

/// Speeds that hosts keep, in a folder of the weights cache, one file for each host, number of threads and where they
/// run. Nothing in it is believed that is not this program's own record, whole.
package struct SpeedStore: Sendable {
  private let folder: String
  private let disk: any Disk

  package init(_ cache: BlobStore, disk: any Disk = PosixDisk()) {
    folder = "\(cache.folder)/speeds"
    self.disk = disk
  }

  /// Nil where there is none, or none that can be read.
  package func speed(of key: SpeedKey) -> StageSpeed? {
    let path = path(of: key)
    guard let file = try? disk.open(path, .reading) else { return nil }
    defer { disk.close(file) }
    guard let status = try? disk.status(of: file, path: path), status.byteCount <= SpeedRecord.maximumByteCount else {
      return nil
    }
    var bytes = [UInt8](repeating: 0, count: status.byteCount)
    guard let count = try? bytes.withUnsafeMutableBytes({ try disk.read(file, at: 0, into: $0, path: path) }),
      count == bytes.count
    else { return nil }
    return SpeedRecord(bytes, of: key)?.speed
  }

  /// - Throws: `DiskError`.
  func keep(_ speed: StageSpeed, of key: SpeedKey) throws {
    let (path, bytes) = (path(of: key), SpeedRecord(key: key, speed: speed).bytes)
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

  /// Takes the host's turn to measure; nil where another process has it. To be given to `giveBack`.
  /// - Throws: `DiskError`.
  func turn() throws(DiskError) -> Int32? {
    try disk.makeFolder(folder)
    let file = try disk.open("\(folder)/turn", .writing)
    if disk.lock(file) { return file }
    disk.close(file)
    return nil
  }

  func giveBack(_ turn: Int32) { disk.close(turn) }

  private func path(of key: SpeedKey) -> String {
    var hash = SHA256()
    hash.update(Array("\(key.host)\n\(key.place)".utf8))
    let name = hash.finalize().prefix(8).map { byte in
      let digits = String(byte, radix: 16)
      return digits.count < 2 ? "0\(digits)" : digits
    }
    return "\(folder)/\(name.joined())"
  }
}
