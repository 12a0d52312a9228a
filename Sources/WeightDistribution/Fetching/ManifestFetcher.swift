import Core
import Transport
import Wire

/// Gets the coordinator's manifest: waits until there is one, then takes it from the cache or downloads it. Everything
/// else is compared with it, so no other worker is asked. One use, one thread.
package struct ManifestFetcher {
  private let connections: FetchConnections
  /// Where manifests are kept; nil keeps none.
  private let store: BlobStore?
  private let cancellation: Cancellation
  private let settings = FetchPlan.Settings()
  private let started = ContinuousClock.now
  /// How often the coordinator is asked how far it is.
  private static let askInterval = Duration.milliseconds(500)

  package init(connections: FetchConnections, store: BlobStore?, cancellation: Cancellation) {
    self.connections = connections
    self.store = store
    self.cancellation = cancellation
  }

  private var now: Duration { started.duration(to: .now) }

  /// - Parameters:
  ///   - known: the manifest this worker had before, which may be the same.
  ///   - making: given the fraction of the model that the coordinator has hashed.
  /// - Throws: `FetchPlan.Failure`, `TransportError`, `Cancelled`.
  package func manifest(
    known: BlobStore.StoredManifest?, making: (Double) -> Void
  ) throws -> BlobStore.StoredManifest {
    connections.interrupt(by: cancellation)
    let (id, byteCount) = try waitUntilMade(making)
    if let known, known.id == id { return known }
    if let kept = store?.manifest(named: id), kept.id == id { return kept }
    let manifest = try download(id, byteCount: byteCount)
    // One that is not kept is fetched again next time.
    try? store?.keep(manifest, named: id)
    return manifest
  }

  private func waitUntilMade(_ making: (Double) -> Void) throws -> (ContentID, Int) {
    var lastHeard = now
    while true {
      try connections.ask(.fetchManifest)
      let nextAsk = now + Self.askInterval
      while now < nextAsk {
        try cancellation.check()
        guard let (_, arrival) = connections.next(within: max(.zero, nextAsk - now)),
          case .message(.manifest(let news), _) = arrival
        else { continue }
        lastHeard = now
        switch news {
        case .ready(let id, let byteCount): return (id, byteCount)
        case .failed(let reason): throw FetchPlan.Failure.refused(reason)
        case .inTheMaking(let fraction): making(fraction)
        }
      }
      guard now - lastHeard < settings.silenceTimeout else { throw FetchPlan.Failure.silent(settings.silenceTimeout) }
    }
  }

  /// A manifest has no hashes of its blocks: it is checked as a whole.
  private func download(_ id: ContentID, byteCount: Int) throws -> BlobStore.StoredManifest {
    var plan = FetchPlan(settings: settings, now: now)
    var bytes: [UInt8] = []
    // In memory it grows with what has come.
    func addNext() {
      let count = min(WireLimits.blockByteCount, byteCount - bytes.count)
      if count > 0 { plan.add([ContentRange(content: id, offset: bytes.count, byteCount: count)]) }
    }
    addNext()
    while !plan.isDone {
      for request in plan.ask(now: now) { try connections.ask(.fetchBlock(request.range)) }
      switch connections.next(within: plan.deadline.map { max(.zero, $0 - now) })?.arrival {
      case .message(.block(let range), let block?):
        guard plan.expects(range), block.count == range.byteCount else { break }
        block.withUnsafeBytes { bytes += $0 }
        try plan.event(.arrived(range, isGood: true), now: now)
        addNext()
      case .message(.blockRefused(let content, let offset, let reason), _):
        try plan.event(.refused(content, offset: offset, reason: reason), now: now)
      case .reconnected: try plan.event(.reconnected(), now: now)
      case .message, .broke, nil: break
      }
      try cancellation.check()
      try plan.event(.tick, now: now)
    }
    guard let manifest = BlobStore.StoredManifest(bytes: bytes), manifest.id == id else {
      throw FetchPlan.Failure.wrongBlocks(id, offset: 0, count: 1)
    }
    return manifest
  }
}
