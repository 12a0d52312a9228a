package import Provisioning

/// Where a worker looks for its part of the model.
package struct CheckpointSettings: Sendable {
  /// This worker's copy of the model; nil tries the coordinator's path. Its content must match all the same.
  package var modelPath: String?
  /// What was fetched before, and will be; nil where there is no folder for it.
  package var cache: WeightCache?
  /// Bytes that the cache keeps to, where a stage does not need more; nil lets it grow.
  package var cacheByteLimit: Int?

  package init(modelPath: String? = nil, cache: WeightCache? = nil, cacheByteLimit: Int? = nil) {
    self.modelPath = modelPath
    self.cache = cache
    self.cacheByteLimit = cacheByteLimit
  }
}

/// How a stage gets at what this machine lacks.
struct StageSupply: Sendable {
  /// Makes the lines over which weights come.
  let lines: @Sendable () -> WeightLines
}
