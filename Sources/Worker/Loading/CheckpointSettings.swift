package import WeightDistribution

/// Where a worker looks for its part of the model.
package struct CheckpointSettings: Sendable {
  /// This worker's copy of the model; nil tries the coordinator's path. Its content must match all the same.
  package var modelPath: String?
  /// What was fetched before, and will be; nil where there is no folder for it.
  package var cache: BlobStore?
  /// Bytes that the cache keeps to, where a stage does not need more; nil lets it grow.
  package var cacheByteLimit: Int?
  /// Where files of the model are looked for; the cache has its own.
  package var disk: any Disk

  package init(
    modelPath: String? = nil, cache: BlobStore? = nil, cacheByteLimit: Int? = nil, disk: any Disk = PosixDisk()
  ) {
    self.modelPath = modelPath
    self.cache = cache
    self.cacheByteLimit = cacheByteLimit
    self.disk = disk
  }
}
