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

  private let settings: CheckpointSettings
  private let threadCount: Int
  /// Told what this worker can give to others.
  private let held: HeldWeights
  private let memo = VerificationMemo()
  private var manifest: WeightCache.StoredManifest?

  init(_ settings: CheckpointSettings, threadCount: Int, held: HeldWeights) {
    self.settings = settings
    self.held = held
    self.threadCount = threadCount
  }

  /// Blocks on disk and network.
  /// - Parameters:
  ///   - openLines: makes the connections over which weights come.
  ///   - tell: called on the calling thread; what it throws ends the work.
  /// - Throws: in words what is missing and what to do.
  func find(
    _ assignment: StageAssignment, openLines: () throws -> WeightLines, tell: @escaping (News) throws -> Void
  ) throws -> Checkpoint {
    let path = settings.modelPath ?? assignment.modelPaths.first ?? ""
    guard assignment.sharesWeights else {
      let checkpoint = try Checkpoint(path: path)
      guard checkpoint.fingerprint == assignment.modelFingerprint else { throw StageLoadError.otherModel(path: path) }
      return checkpoint
    }
    // Without a folder manifests are not kept, and only a file of this machine can serve.
    let cache = settings.cache ?? WeightCache(folder: "/nonexistent")
    let lines = try openLines()
    defer { lines.close() }
    let manifest = try WeightFetch(lines: lines, cache: cache, progress: { _, _ in try tell(.share(0)) })
      .manifest(known: manifest) { fraction in try tell(.share(0.01 * fraction)) }
    self.manifest = manifest
    held.offer(manifest, cache: settings.cache)
    if let local = try local(path, manifest.manifest, assignment, tell) {
      held.offer(local, of: manifest)
      return local
    }
    guard settings.cache != nil else { throw StageLoadError.noCache(path: path) }
    return try stored(manifest.manifest, assignment, lines, cache, tell)
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
      var account = Account(total: needed.reduce(0) { $0 + ($1.byteCount ?? 0) })
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

  /// First the headers, which say what there is; then what a stage needs of it.
  private func stored(
    _ manifest: ModelManifest, _ assignment: StageAssignment, _ lines: WeightLines, _ cache: WeightCache,
    _ tell: @escaping (News) throws -> Void
  ) throws -> Checkpoint {
    let headers = manifest.files.map {
      StoredHeader(name: $0.name, path: cache.path(of: $0.header.id), fileByteCount: $0.byteCount)
    }
    let contents = Dictionary(manifest.tensors.map { ($0.name, $0.content) }) { first, _ in first }
    func listed(_ entries: [TensorEntry]) throws -> [(name: String, content: HashedContent)] {
      try entries.map { entry in
        guard let content = contents[entry.name], content.byteCount == entry.byteCount else {
          throw StageLoadError.notListed(tensor: entry.name)
        }
        return (entry.name, content)
      }
    }
    func checkpoint(_ parts: [(name: String, content: HashedContent)]) throws -> Checkpoint {
      try Checkpoint(
        headers: headers, tensors: parts.map { StoredTensor(name: $0.name, path: cache.path(of: $0.content.id)) })
    }
    try WeightFetch(lines: lines, cache: cache, progress: { _, _ in try tell(.share(0.01)) })
      .bring(manifest.files.map(\.header))
    let shaping = try listed(try checkpoint([]).shapingTensors)
    try WeightFetch(lines: lines, cache: cache, progress: { _, _ in try tell(.share(0.01)) })
      .bring(shaping.map(\.content))
    let parts = try listed(try assignment.tensors(of: checkpoint(shaping)))
    try makeRoom(for: parts.map(\.content) + manifest.files.map(\.header), in: cache)
    var account = Account(total: parts.reduce(0) { $0 + $1.content.byteCount })
    let fetch = WeightFetch(
      lines: lines, asksPeers: true, cache: cache, warn: { try tell(.warning($0)) },
      progress: { byteCount, origin in
        if let words = account.news(of: byteCount, from: origin) { try tell(.note(words)) }
        try tell(.share(account.add(byteCount)))
      })
    try fetch.bring(parts.map(\.content))
    if let words = account.summary { try tell(.note(words)) }
    return try checkpoint(parts)
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
  fileprivate func tensors(of checkpoint: Checkpoint) throws -> [TensorEntry] {
    try checkpoint.tensors(layers: layers, hasEmbedding: stageIndex == 0, hasHead: stageIndex == stageCount - 1)
  }
}

/// Counts bytes, and says now and then how it goes.
private struct Account {
  private static let interval = Duration.seconds(5)

  let total: Int
  private var done = 0
  private var fetched = 0
  private var fetchedFromWorkers = 0
  private let started = ContinuousClock.now
  private var told: ContinuousClock.Instant?

  init(total: Int) { self.total = max(1, total) }

  /// Returns the share that is done, the manifest's part counted as 1 %.
  mutating func add(_ byteCount: Int) -> Double {
    done += byteCount
    return 0.01 + 0.99 * min(1, Double(done) / Double(total))
  }

  /// What is worth a line in the log after another piece has come.
  mutating func news(of byteCount: Int, from origin: WeightFetch.Origin) -> String? {
    guard origin != .cache else { return nil }
    fetched += byteCount
    if origin == .worker { fetchedFromWorkers += byteCount }
    let now = ContinuousClock.now
    guard told.map({ now - $0 >= Self.interval }) ?? true else { return nil }
    told = now
    return "fetching weights: \(done) of \(total) bytes are here"
  }

  var summary: String? {
    guard fetched > 0 else { return nil }
    let seconds = (ContinuousClock.now - started).inSeconds
    return "fetched \(fetched) of \(total) bytes of weights in \((seconds * 10).rounded() / 10) s, "
      + "\(fetchedFromWorkers) of them from workers"
  }
}
