import Core
import WeightDistribution
import Weights
import Wire

/// Weights that are not needed yet: a standby fetches those of the stages it may be assigned.
///
/// It has time, and the workers that serve have not, so it fetches slowly (`FetchPlan.Settings.slow`). What is in the
/// cache stays there, and a tenth of the disk's free room stays free.
extension StageCheckpoint {
  /// Blocks until the stage's weights are in the cache, or there is nothing to fetch: no cache, no room, or a file of
  /// the model on this machine.
  /// - Throws: as `find`. What came until then is kept.
  func fetchAhead(
    _ assignment: StageAssignment, over connections: FetchConnections, reporter: LoadReporter,
    cancellation: Cancellation
  ) throws {
    guard let cache = settings.cache, assignment.model.isShared else { return }
    let manifest = try fetchManifest(over: connections, reporter: reporter, cancellation: cancellation)
    if let file = try matchingFile(assignment, manifest.manifest, cancellation) {
      return blobs.offer(file, of: manifest)
    }
    let fetch = StageFetch(
      model: CachedModel(manifest: manifest.manifest, store: cache), connections: connections, reporter: reporter,
      cancellation: cancellation, settings: .slow)
    let parts = try fetch.parts(for: assignment)
    guard try hasRoom(for: parts.map(\.content), in: cache) else {
      let total = parts.reduce(0) { $0 + $1.content.byteCount }
      return reporter.note("no room for layers \(assignment.place.layers), \(total) bytes, in \(cache.folder)")
    }
    let summary = try fetch.fetch(parts)
    reporter.note("layers \(assignment.place.layers) are here; \(summary ?? "nothing was missing")")
  }

  /// A file of this machine with the model's headers and size. All of it is compared when a stage is loaded from it.
  private func matchingFile(
    _ assignment: StageAssignment, _ manifest: ModelManifest, _ cancellation: Cancellation
  ) throws -> ModelContents? {
    let path = settings.modelPath ?? assignment.model.paths.first ?? ""
    guard let model = try? Checkpoint(path: path).modelContents else { return nil }
    return try comparison(with: manifest, cancellation).difference(model, needed: []) == nil ? model : nil
  }

  private func hasRoom(for contents: [HashedContent], in cache: BlobStore) throws -> Bool {
    let missing = try contents.reduce(0) { try $0 + cache.missingByteCount(of: $1) }
    guard missing > 0 else { return true }
    if let limit = settings.cacheByteLimit {
      guard try cache.entries().reduce(missing, { $0 + $1.byteCount }) <= limit else { return false }
    }
    return cache.freeByteCount.map { missing <= $0 / 10 * 9 } ?? true
  }
}
