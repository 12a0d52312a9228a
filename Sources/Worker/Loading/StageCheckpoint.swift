import Core
import WeightDistribution
import Weights
import Wire

/// Finds the model for a stage: a file of this machine where it is the coordinator's in all that the stage needs, else
/// the stage's part of it from the cache, and into the cache from other workers and the coordinator.
///
/// One for the life of a loader thread, so that what was verified once is not hashed again.
final class StageCheckpoint {
  let settings: CheckpointSettings
  let threadCount: Int
  /// What this worker gives to others.
  let blobs: LocalBlobs
  let memo = VerificationMemo()
  private var manifest: BlobStore.StoredManifest?
  /// Whether the coordinator that this worker belongs to has confirmed the manifest. It never has another.
  private var isManifestCertain = false

  init(_ settings: CheckpointSettings, threadCount: Int, blobs: LocalBlobs) {
    self.settings = settings
    self.blobs = blobs
    self.threadCount = threadCount
  }

  /// Blocks on disk and network.
  /// - Parameter connections: bring what this machine lacks.
  /// - Throws: an error that names what is missing and the remedy; `Cancelled`.
  func find(
    _ assignment: StageAssignment, over connections: FetchConnections, reporter: LoadReporter,
    cancellation: Cancellation
  ) throws -> Checkpoint {
    let path = settings.modelPath ?? assignment.model.paths.first ?? ""
    guard assignment.model.isShared else {
      let checkpoint = try Checkpoint(path: path, rope: assignment.model.rope)
      guard checkpoint.versionFingerprint == assignment.model.fingerprint else {
        throw StageLoadError.otherVersion(path: path)
      }
      return checkpoint
    }
    let manifest = try fetchManifest(over: connections, reporter: reporter, cancellation: cancellation)
    if let local = try local(path, manifest.manifest, assignment, reporter, cancellation) {
      blobs.offer(local.modelContents, of: manifest)
      return local
    }
    guard let cache = settings.cache else { throw StageLoadError.noCache(path: path) }
    let fetch = StageFetch(
      model: CachedModel(manifest: manifest.manifest, store: cache), connections: connections, reporter: reporter,
      cancellation: cancellation)
    let parts = try fetch.parts(for: assignment)
    try makeRoom(for: parts.map(\.content) + manifest.manifest.files.map(\.header), in: cache)
    if let summary = try fetch.fetch(parts) { reporter.note(summary) }
    return try fetch.model.checkpoint(parts, rope: assignment.model.rope)
  }

  /// The next assignment may be another coordinator's, which is asked for its manifest.
  func forgetCoordinator() { isManifestCertain = false }

  /// The coordinator's manifest, of which this worker gives to others what it has from now on.
  func fetchManifest(
    over connections: FetchConnections, reporter: LoadReporter, cancellation: Cancellation
  ) throws -> BlobStore.StoredManifest {
    if isManifestCertain, let manifest { return manifest }
    let manifest = try ManifestFetcher(connections: connections, store: settings.cache, cancellation: cancellation)
      .manifest(known: manifest) { fraction in reporter.progress(0.01 * fraction) }
    self.manifest = manifest
    isManifestCertain = true
    blobs.offer(manifest, store: settings.cache)
    return manifest
  }

  /// A file of this machine, where it is the coordinator's in all that the stage needs.
  private func local(
    _ path: String, _ manifest: ModelManifest, _ assignment: StageAssignment, _ reporter: LoadReporter,
    _ cancellation: Cancellation
  ) throws -> Checkpoint? {
    guard try settings.modelPath != nil || settings.disk.status(of: path) != nil else { return nil }
    let difference: String
    do {
      let checkpoint = try Checkpoint(path: path, rope: assignment.model.rope)
      let needed = try assignment.extents(of: checkpoint)
      let progress = FetchProgress(total: needed.reduce(0) { $0 + $1.byteCount })
      let found = try comparison(with: manifest, cancellation).difference(
        checkpoint.modelContents, needed: Set(needed.map(\.name))
      ) { reporter.progress(progress.add($0)) }
      guard let found else { return checkpoint }
      difference = found
    } catch let error as CheckpointError {
      difference = "\(error)"
    }
    reporter.warn("'\(path)' is not used: \(difference); what is needed is fetched")
    return nil
  }

  func comparison(with manifest: ModelManifest, _ cancellation: Cancellation) -> ModelComparison {
    ModelComparison(
      manifest: manifest, threadCount: threadCount, memo: memo, disk: settings.disk, cancellation: cancellation)
  }

  /// Keeps to the limit, and finds out beforehand that a disk is full.
  private func makeRoom(for contents: [HashedContent], in cache: BlobStore) throws {
    let missing = try contents.reduce(0) { try $0 + cache.missingByteCount(of: $1) }
    guard missing > 0 else { return }
    if let limit = settings.cacheByteLimit {
      try cache.trim(to: max(0, limit - missing), keeping: Set(contents.map(\.id)))
    }
    if let free = cache.freeByteCount, free < missing {
      throw StageLoadError.noRoom(folder: cache.folder, needed: missing, free: free)
    }
  }
}

extension StageAssignment {
  /// What the stage needs of a checkpoint.
  func extents(of checkpoint: Checkpoint) throws -> [TensorExtent] {
    try checkpoint.extents(layers: place.layers, hasEmbedding: place.isFirst, hasHead: place.isLast)
  }
}
