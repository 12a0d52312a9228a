package import Core
package import WeightDistribution

/// Speeds that hosts keep, in a folder of the weights cache, one file for each host, number of threads and where they
/// run. Nothing in it is believed that is not this program's own record, whole.
package struct SpeedStore: Sendable {
  private static let folder = "speeds"

  private let cache: BlobStore
  private let folder: String
  private let disk: any Disk

  package init(_ cache: BlobStore, disk: any Disk = PosixDisk()) {
    self.cache = cache
    folder = "\(cache.folder)/\(Self.folder)"
    self.disk = disk
  }

  /// Nil where there is none, or none that can be read.
  package func speed(of key: SpeedKey) -> StageSpeed? {
    file(of: key).read().flatMap { SpeedRecord($0, of: key)?.speed }
  }

  /// - Throws: `DiskError`.
  func keep(_ speed: StageSpeed, of key: SpeedKey) throws {
    try file(of: key).replace(by: SpeedRecord(key: key, speed: speed).bytes)
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

  private func file(of key: SpeedKey) -> KeptFile {
    KeptFile(
      cache, folder: Self.folder, key: "\(key.host)\n\(key.place)", byteLimit: SpeedRecord.maximumByteCount, disk: disk)
  }
}
