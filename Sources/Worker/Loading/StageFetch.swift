import Inference
import Provisioning
import Weights
import Wire

/// Fetches a stage's part of a model into the cache. One use; loader thread.
struct StageFetch {
  let model: StoredModel
  let lines: WeightLines
  let reporter: LoadReporter
  let cancellation: Cancellation
  var settings = ChunkPlan.Settings()

  /// What a stage needs. First the headers are fetched, which say what there is, then what shapes the model.
  /// - Throws: `StageLoadError`, `CheckpointError`, and as `WeightFetch`.
  func parts(for assignment: StageAssignment) throws -> [StoredModel.Part] {
    func bring(_ contents: [HashedContent]) throws {
      try WeightFetch(lines: lines, cache: model.cache, cancellation: cancellation, progress: { _, _ in })
        .bring(contents)
    }
    try bring(model.manifest.files.map(\.header))
    let shaping = try model.parts(try model.checkpoint([]).shapingTensors)
    try bring(shaping.map(\.content))
    return try model.parts(try assignment.tensors(of: model.checkpoint(shaping)))
  }

  /// Returns when all parts are in the cache; with what was fetched, for the log.
  /// - Throws: as `WeightFetch`.
  func bring(_ parts: [StoredModel.Part]) throws -> String? {
    let account = FetchAccount(total: parts.reduce(0) { $0 + $1.content.byteCount })
    let fetch = WeightFetch(
      lines: lines, cache: model.cache, cancellation: cancellation, asksPeers: true, settings: settings,
      warn: reporter.warn,
      progress: { byteCount, origin in
        reporter.progress(account.add(byteCount))
        if let text = account.note(of: byteCount, from: origin) { reporter.note(text) }
      })
    try fetch.bring(parts.map(\.content))
    return account.summary
  }
}
