import Core
import WeightDistribution
import Weights
import Wire

/// Fetches a stage's part of a model into the cache. One use; loader thread.
struct StageFetch {
  let model: CachedModel
  let connections: FetchConnections
  let reporter: LoadReporter
  let cancellation: Cancellation
  var settings = FetchPlan.Settings()

  /// What a stage needs. First the headers are fetched, which say what there is, then what shapes the model.
  /// - Throws: `StageLoadError`, `CheckpointError`, and as `Fetcher`.
  func parts(for assignment: StageAssignment) throws -> [CachedModel.Part] {
    let rope = assignment.model.rope
    let fetcher = Fetcher(connections: connections, store: model.store, cancellation: cancellation)
    try fetcher.fetch(model.manifest.files.map(\.header))
    let shaping = try model.parts(try model.checkpoint([], rope: rope).shapingExtents)
    try fetcher.fetch(shaping.map(\.content))
    return try model.parts(try assignment.extents(of: model.checkpoint(shaping, rope: rope)))
  }

  /// Returns when all parts are in the cache; with what was fetched, for the log.
  /// - Throws: as `Fetcher`.
  func fetch(_ parts: [CachedModel.Part]) throws -> String? {
    let progress = FetchProgress(total: parts.reduce(0) { $0 + $1.content.byteCount })
    let fetcher = Fetcher(
      connections: connections, store: model.store, cancellation: cancellation, asksPeers: true, settings: settings,
      warn: reporter.warn,
      progress: { byteCount, origin in
        reporter.progress(progress.add(byteCount))
        if let text = progress.note(of: byteCount, from: origin) { reporter.note(text) }
      })
    try fetcher.fetch(parts.map(\.content))
    return progress.summary
  }
}
