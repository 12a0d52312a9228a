import Foundation
import Inference
import Provisioning
import Weights
import Wire

/// Weights that are not needed yet: a spare fetches what it may be given.
///
/// It has time, and others have not: one piece is under way, and after each it rests three times as long as that took,
/// so that three quarters of a network or disk are left to those who serve. What is in the cache stays there, and a
/// tenth of the disk's free room stays free.
extension StageCheckpoint {
  /// Blocks until the stage's weights are in the cache, or there is nothing to fetch: no cache, no room, or a file of
  /// the model on this machine.
  /// - Parameter tell: called all the time; what it throws ends the work, and what came is gone on with.
  func fetchAhead(
    _ assignment: StageAssignment, from supply: StageSupply, tell: @escaping (News) throws -> Void
  ) throws {
    guard let cache = settings.cache, assignment.sharesWeights else { return }
    let lines = supply.lines()
    defer { lines.close() }
    let manifest = try fetchManifest(lines, cache, tell)
    if let file = try matchingFile(assignment, manifest.manifest) { return held.offer(file, of: manifest) }
    let model = StoredModel(manifest: manifest.manifest, cache: cache)
    let parts = try parts(of: model, for: assignment, lines) { try tell(.share(0)) }
    let total = parts.reduce(0) { $0 + $1.content.byteCount }
    guard try hasRoom(for: parts.map(\.content), in: cache) else {
      return try tell(.note("no room for layers \(assignment.layers), \(total) bytes, in \(cache.folder)"))
    }
    var account = FetchAccount(total: total)
    var last = ContinuousClock.now
    try WeightFetch(
      lines: lines, asksPeers: true, cache: cache, settings: Self.slowly, warn: { try tell(.warning($0)) },
      progress: { byteCount, origin in
        try tell(.share(account.add(byteCount)))
        if let words = account.news(of: byteCount, from: origin) { try tell(.note(words)) }
        guard byteCount > 0 else { return }
        try Self.rest(last.duration(to: .now) * 3, tell)
        last = .now
      }
    ).bring(parts.map(\.content))
    try tell(.note("layers \(assignment.layers) are here; \(account.summary ?? "nothing was missing")"))
  }

  private static let slowly: ChunkPlan.Settings = {
    var settings = ChunkPlan.Settings()
    settings.windowCount = 1
    settings.totalByteCount = WireLimits.pieceByteCount
    return settings
  }()

  private static func rest(_ duration: Duration, _ tell: (News) throws -> Void) throws {
    let end = ContinuousClock.now + min(duration, .seconds(1))
    while ContinuousClock.now < end {
      Thread.sleep(forTimeInterval: min(0.02, ContinuousClock.now.duration(to: end).inSeconds))
      try tell(.share(0))
    }
  }

  /// A file of this machine with the model's headers and size. All of it is compared when a stage is loaded from it.
  private func matchingFile(_ assignment: StageAssignment, _ manifest: ModelManifest) throws -> Checkpoint? {
    let path = settings.modelPath ?? assignment.modelPaths.first ?? ""
    guard let checkpoint = try? Checkpoint(path: path) else { return nil }
    let check = LocalModelCheck(manifest: manifest, threadCount: threadCount, memo: memo)
    return check.difference(checkpoint, needed: [], progress: { _ in }) == nil ? checkpoint : nil
  }

  private func hasRoom(for contents: [HashedContent], in cache: WeightCache) throws -> Bool {
    let missing = try contents.reduce(0) { try $0 + cache.missingByteCount(of: $1) }
    guard missing > 0 else { return true }
    if let limit = settings.cacheByteLimit {
      guard try cache.entries().reduce(missing, { $0 + $1.byteCount }) <= limit else { return false }
    }
    return cache.freeByteCount.map { missing <= $0 / 10 * 9 } ?? true
  }
}
