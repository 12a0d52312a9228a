import Foundation
import Inference
import Provisioning
import Weights
import Wire

/// Finds the model for a stage: a file of this machine where it is the coordinator's in all that the stage needs, else
/// the stage's part of it from the cache, and into the cache from other workers and the coordinator.
///
/// One for the life of a compute thread, so that what was verified once is not hashed again.
final class StageCheckpoint {
  /// What it tells while it works.
  enum News: Sendable {
    /// The share of the work that is done.
    case share(Double)
    case note(String)
    case warning(String)
  }

  let settings: CheckpointSettings
  let threadCount: Int
  /// Told what this worker can give to others.
  let held: HeldWeights
  let memo = VerificationMemo()
  private var manifest: WeightCache.StoredManifest?
  /// Whether the coordinator that this worker belongs to has called it its own. It never has another.
  private var isManifestCertain = false

  init(_ settings: CheckpointSettings, threadCount: Int, held: HeldWeights) {
    self.settings = settings
    self.held = held
    self.threadCount = threadCount
  }

  /// Blocks on disk and network.
  /// - Parameters:
  ///   - supply: what this machine lacks comes from there.
  ///   - tell: called on the calling thread; what it throws ends the work.
  /// - Throws: in words what is missing and what to do.
  func find(
    _ assignment: StageAssignment, from supply: StageSupply, tell: @escaping (News) throws -> Void
  ) throws -> Checkpoint {
    let path = settings.modelPath ?? assignment.modelPaths.first ?? ""
    guard assignment.sharesWeights else {
      let checkpoint = try Checkpoint(path: path)
      guard checkpoint.fingerprint == assignment.modelFingerprint else { throw StageLoadError.otherModel(path: path) }
      return checkpoint
    }
    // Without a folder manifests are not kept, and only a file of this machine can serve.
    let cache = settings.cache ?? WeightCache(folder: "/nonexistent")
    let lines = supply.lines()
    defer { lines.close() }
    let manifest = try fetchManifest(lines, cache, tell)
    if let local = try local(path, manifest.manifest, assignment, tell) {
      held.offer(local, of: manifest)
      return local
    }
    guard settings.cache != nil else { throw StageLoadError.noCache(path: path) }
    return try stored(manifest.manifest, assignment, lines, cache, tell)
  }

  /// The next assignment may be another coordinator's, who is asked for its manifest.
  func forgetCoordinator() { isManifestCertain = false }

  /// The coordinator's, of which this worker gives to others what it has from now on.
  func fetchManifest(
    _ lines: WeightLines, _ cache: WeightCache, _ tell: @escaping (News) throws -> Void
  ) throws -> WeightCache.StoredManifest {
    if isManifestCertain, let manifest { return manifest }
    let manifest = try WeightFetch(lines: lines, cache: cache, progress: { _, _ in try tell(.share(0)) })
      .manifest(known: manifest) { fraction in try tell(.share(0.01 * fraction)) }
    self.manifest = manifest
    isManifestCertain = true
    held.offer(manifest, cache: settings.cache)
    return manifest
  }

  // MARK: A file of this machine

  private func local(
    _ path: String, _ manifest: ModelManifest, _ assignment: StageAssignment, _ tell: (News) throws -> Void
  ) throws -> Checkpoint? {
    guard settings.modelPath != nil || FileManager.default.fileExists(atPath: path) else { return nil }
    let difference: String
    do {
      let checkpoint = try Checkpoint(path: path)
      let needed = try assignment.tensors(of: checkpoint)
      var account = FetchAccount(total: needed.reduce(0) { $0 + ($1.byteCount ?? 0) })
      let check = LocalModelCheck(manifest: manifest, threadCount: threadCount, memo: memo)
      let words = try check.difference(checkpoint, needed: needed) { try tell(.share(account.add($0))) }
      guard let words else { return checkpoint }
      difference = words
    } catch let error as CheckpointError {
      difference = "\(error)"
    }
    try tell(.warning("'\(path)' is not used: \(difference); what is needed is fetched"))
    return nil
  }

  // MARK: What others give out

  private func stored(
    _ manifest: ModelManifest, _ assignment: StageAssignment, _ lines: WeightLines, _ cache: WeightCache,
    _ tell: @escaping (News) throws -> Void
  ) throws -> Checkpoint {
    let model = StoredModel(manifest: manifest, cache: cache)
    let parts = try parts(of: model, for: assignment, lines) { try tell(.share(0.01)) }
    try makeRoom(for: parts.map(\.content) + manifest.files.map(\.header), in: cache)
    var account = FetchAccount(total: parts.reduce(0) { $0 + $1.content.byteCount })
    let fetch = WeightFetch(
      lines: lines, asksPeers: true, cache: cache, warn: { try tell(.warning($0)) },
      progress: { byteCount, origin in
        if let words = account.news(of: byteCount, from: origin) { try tell(.note(words)) }
        try tell(.share(account.add(byteCount)))
      })
    try fetch.bring(parts.map(\.content))
    if let words = account.summary { try tell(.note(words)) }
    return try model.checkpoint(parts)
  }

  /// What a stage needs. First the headers are fetched, which say what there is, and what shapes the model.
  func parts(
    of model: StoredModel, for assignment: StageAssignment, _ lines: WeightLines, turn: @escaping () throws -> Void
  ) throws -> [StoredModel.Part] {
    func bring(_ contents: [HashedContent]) throws {
      try WeightFetch(lines: lines, cache: model.cache, progress: { _, _ in try turn() }).bring(contents)
    }
    try bring(model.manifest.files.map(\.header))
    let shaping = try model.parts(try model.checkpoint([]).shapingTensors)
    try bring(shaping.map(\.content))
    return try model.parts(try assignment.tensors(of: model.checkpoint(shaping)))
  }

  /// Keeps to the limit, and finds out beforehand that a disk is full.
  private func makeRoom(for contents: [HashedContent], in cache: WeightCache) throws {
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
  func tensors(of checkpoint: Checkpoint) throws -> [TensorEntry] {
    try checkpoint.tensors(layers: layers, hasEmbedding: stageIndex == 0, hasHead: stageIndex == stageCount - 1)
  }
}
