import Inference
import Provisioning
import Transport
import Wire

/// Gets the coordinator's manifest: waits until there is one, then takes it from the cache or downloads it. Everything
/// else is compared with it, so no other worker is asked. One use, one thread.
struct ManifestFetch {
  let lines: WeightLines
  /// Where manifests are kept; nil keeps none.
  let cache: WeightCache?
  let cancellation: Cancellation
  var settings = ChunkPlan.Settings()
  private let started = ContinuousClock.now
  /// How often the coordinator is asked how far it is.
  private static let askInterval = Duration.milliseconds(500)

  init(lines: WeightLines, cache: WeightCache?, cancellation: Cancellation) {
    self.lines = lines
    self.cache = cache
    self.cancellation = cancellation
  }

  private var now: Duration { started.duration(to: .now) }

  /// - Parameters:
  ///   - known: the manifest this worker had before, which may be the same.
  ///   - making: given the fraction of the model that the coordinator has hashed.
  /// - Throws: `ChunkPlan.Failure`, `TransportError`, `Cancelled`.
  func manifest(
    known: WeightCache.StoredManifest?, making: (Double) -> Void
  ) throws -> WeightCache.StoredManifest {
    lines.interrupt(by: cancellation)
    let (id, byteCount) = try waitUntilMade(making)
    if let known, known.id == id { return known }
    if let kept = cache?.manifest(named: id), kept.id == id { return kept }
    let manifest = try download(id, byteCount: byteCount)
    // One that is not kept is fetched again next time.
    try? cache?.keep(manifest, named: id)
    return manifest
  }

  private func waitUntilMade(_ making: (Double) -> Void) throws -> (ContentID, Int) {
    var lastHeard = now
    while true {
      try lines.ask(.fetchManifest)
      let nextAsk = now + Self.askInterval
      while now < nextAsk {
        try cancellation.check()
        guard let (_, arrival) = lines.next(within: max(.zero, nextAsk - now)),
          case .message(.manifest(let news), _) = arrival
        else { continue }
        lastHeard = now
        switch news {
        case .ready(let id, let byteCount): return (id, byteCount)
        case .failed(let reason): throw ChunkPlan.Failure.refused(reason)
        case .inTheMaking(let fraction): making(fraction)
        }
      }
      guard now - lastHeard < settings.limit else { throw ChunkPlan.Failure.silent(settings.limit) }
    }
  }

  /// A manifest has no hashes of its pieces: it is checked as a whole.
  private func download(_ id: ContentID, byteCount: Int) throws -> WeightCache.StoredManifest {
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
      switch lines.next(within: plan.deadline.map { max(.zero, $0 - now) })?.arrival {
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
      try cancellation.check()
      try plan.event(.tick, now: now)
    }
    guard let manifest = WeightCache.StoredManifest(bytes: bytes), manifest.id == id else {
      throw ChunkPlan.Failure.lies(id, offset: 0, count: 1)
    }
    return manifest
  }
}
