import Inference
import Provisioning
import Transport
import Wire

/// Brings contents into the cache: what is there is verified, what is not is fetched, whatever was left half done is
/// gone on with. One use; compute thread.
struct WeightFetch {
  let lines: WeightLines
  /// Other workers are asked, too.
  let asksPeers: Bool
  let cache: WeightCache
  /// Where bytes were that are here now.
  enum Origin: Sendable {
    case cache, coordinator, worker
  }

  /// Told bytes that are here now, verified; what it throws ends the work.
  let progress: (_ byteCount: Int, Origin) throws -> Void
  /// Told of workers that are asked no more, in words.
  let warn: (String) throws -> Void
  private let settings: ChunkPlan.Settings
  /// How long it may take until `progress` can end the work.
  private static let turnSeconds = 0.05
  private let started = ContinuousClock.now

  init(
    lines: WeightLines, asksPeers: Bool = false, cache: WeightCache,
    settings: ChunkPlan.Settings = ChunkPlan.Settings(), warn: @escaping (String) throws -> Void = { _ in },
    progress: @escaping (_ byteCount: Int, Origin) throws -> Void
  ) {
    self.lines = lines
    self.asksPeers = asksPeers
    self.warn = warn
    self.cache = cache
    self.settings = settings
    self.progress = progress
  }

  private var now: Duration { started.duration(to: .now) }

  /// Returns when all of them are in the cache.
  /// - Throws: `ChunkPlan.Failure`, `DiskError`, or what `progress` throws.
  func bring(_ contents: [HashedContent]) throws {
    var known: Set<ContentID> = []
    var queue = contents[...]
    var fills: [ContentID: CacheFill] = [:]
    var plan = ChunkPlan(settings: settings, peerCount: asksPeers ? lines.peerCount : 0, now: now)
    while true {
      while plan.isHungry, let content = queue.popFirst() {
        // Tensors may be alike to the last byte: what is under way already comes for all of them.
        guard known.insert(content.id).inserted else {
          try progress(content.byteCount, .cache)
          continue
        }
        if try cache.holds(content, progress: { try progress($0, .cache) }) { continue }
        let fill = try cache.fill(content)
        try progress(content.byteCount - fill.missingByteCount, .cache)
        guard !fill.missing.isEmpty else {
          try finish(fill)
          continue
        }
        fills[content.id] = fill
        plan.add(content.ranges(ofPieces: fill.missing.sorted()))
      }
      if plan.isDone, queue.isEmpty { return }
      for question in plan.ask(now: now) { try lines.ask(.fetchChunk(question.range), of: question.source) }
      if let (source, arrival) = lines.next(within: Self.turnSeconds) { try take(arrival, from: source, &plan, &fills) }
      try plan.event(.tick, now: now)
      for departure in plan.takeDepartures() {
        lines.leave(peer: departure.peer)
        try warn("\(lines.endpoint(ofPeer: departure.peer)) is asked no more: \(departure.reason.rawValue)")
      }
      try progress(0, .cache)
    }
  }

  private func take(
    _ arrival: WeightsInbox.Arrival, from source: ChunkPlan.Source, _ plan: inout ChunkPlan,
    _ fills: inout [ContentID: CacheFill]
  ) throws {
    switch arrival {
    case .message(.chunk(let range), let bytes?):
      guard plan.expects(range, from: source), let fill = fills[range.content] else { return }
      let index = range.offset / WireLimits.pieceByteCount
      let isGood = try bytes.withUnsafeBytes { try fill.take(index, $0) }
      try plan.event(.arrived(range, from: source, isGood: isGood), now: now)
      guard isGood else { return }
      try progress(range.byteCount, source == .coordinator ? .coordinator : .worker)
      if fill.missing.isEmpty {
        try finish(fill)
        fills[range.content] = nil
      }
    case .message(.chunkRefused(let content, let offset, let reason), _):
      try plan.event(.refused(content, offset: offset, from: source, reason: reason), now: now)
    case .reconnected: try plan.event(.reconnected(source), now: now)
    case .broke: try plan.event(.broke(source), now: now)
    case .message: break
    }
  }

  private func finish(_ fill: CacheFill) throws {
    try fill.finish()
    try cache.noteFilled(fill.content)
  }

  // MARK: The manifest

  /// Waits until the coordinator has its manifest, and brings it here, from the cache where that has it. It is what all
  /// else is compared with, so nobody but the coordinator is asked for it.
  /// - Throws: `ChunkPlan.Failure`, or what `making` and `progress` throw.
  func manifest(
    known: WeightCache.StoredManifest?, making: (Double) throws -> Void
  ) throws -> WeightCache.StoredManifest {
    let (id, byteCount) = try awaitNews(making)
    if let known, known.id == id { return known }
    if let kept = cache.manifest(named: id), kept.id == id { return kept }
    let manifest = try fetchManifest(id, byteCount: byteCount)
    // One that is not kept is fetched again next time.
    try? cache.keep(manifest, named: id)
    return manifest
  }

  private func awaitNews(_ making: (Double) throws -> Void) throws -> (ContentID, Int) {
    var lastHeard = now
    while true {
      try lines.ask(.fetchManifest)
      let nextAsk = now + .milliseconds(500)
      while now < nextAsk {
        guard let (_, arrival) = lines.next(within: max(0, (nextAsk - now).inSeconds)),
          case .message(.manifest(let news), _) = arrival
        else { continue }
        lastHeard = now
        switch news {
        case .ready(let id, let byteCount): return (id, byteCount)
        case .failed(let reason): throw ChunkPlan.Failure.refused(reason)
        case .inTheMaking(let fraction): try making(fraction)
        }
      }
      try progress(0, .cache)
      guard now - lastHeard < settings.limit else { throw ChunkPlan.Failure.silent(settings.limit) }
    }
  }

  /// A manifest has no hashes of its pieces: it is checked as a whole.
  private func fetchManifest(_ id: ContentID, byteCount: Int) throws -> WeightCache.StoredManifest {
    var plan = ChunkPlan(settings: settings, now: now)
    var bytes: [UInt8] = []
    // In memory it grows with what has come.
    func addNext() {
      let count = min(WireLimits.pieceByteCount, byteCount - bytes.count)
      if count > 0 { plan.add([ContentRange(content: id, offset: bytes.count, byteCount: count)]) }
    }
    addNext()
    while !plan.isDone {
      for question in plan.ask(now: now) { try lines.ask(.fetchChunk(question.range)) }
      switch lines.next(within: Self.turnSeconds)?.arrival {
      case .message(.chunk(let range), let chunk?):
        guard plan.expects(range), chunk.count == range.byteCount else { break }
        chunk.withUnsafeBytes { bytes += $0 }
        try plan.event(.arrived(range, isGood: true), now: now)
        addNext()
      case .message(.chunkRefused(let content, let offset, let reason), _):
        try plan.event(.refused(content, offset: offset, reason: reason), now: now)
      case .reconnected: try plan.event(.reconnected(), now: now)
      case .message, .broke, nil: break
      }
      try plan.event(.tick, now: now)
      try progress(0, .cache)
    }
    guard let manifest = WeightCache.StoredManifest(bytes: bytes), manifest.id == id else {
      throw ChunkPlan.Failure.lies(id, offset: 0, count: 1)
    }
    return manifest
  }
}
