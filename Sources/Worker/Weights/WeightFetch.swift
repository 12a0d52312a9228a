import Inference
import Provisioning
import Transport
import Wire

/// Fetches contents into the cache: verifies what is present, downloads what is missing, resumes partial downloads. One
/// use, one thread.
struct WeightFetch {
  let lines: WeightLines
  let cache: WeightCache
  let cancellation: Cancellation
  /// Whether other workers are asked, too.
  var asksPeers = false
  var settings = ChunkPlan.Settings()
  /// Given the reason each time a worker is not asked any more.
  var warn: (String) -> Void = { _ in }
  /// Given bytes that are in the cache now, verified.
  let progress: (_ byteCount: Int, Origin) -> Void

  /// Where bytes came from.
  enum Origin: Sendable {
    case cache, coordinator, worker
  }

  /// What changes while contents are fetched.
  private struct State {
    var plan: ChunkPlan
    var queue: ArraySlice<HashedContent>
    var known: Set<ContentID> = []
    var fills: [ContentID: CacheFill] = [:]
    /// When the last piece was verified.
    var lastPiece = ContinuousClock.now
  }

  /// Returns when all of them are in the cache.
  /// - Throws: `ChunkPlan.Failure`, `DiskError`, `TransportError`, `Cancelled`.
  func bring(_ contents: [HashedContent]) throws {
    let started = ContinuousClock.now
    var now: Duration { started.duration(to: .now) }
    lines.interrupt(by: cancellation)
    var state = State(
      plan: ChunkPlan(settings: settings, peerCount: asksPeers ? lines.peerCount : 0, now: now), queue: contents[...])
    while true {
      try addContents(to: &state)
      if state.plan.isDone, state.queue.isEmpty { return }
      for question in state.plan.ask(now: now) { try lines.ask(.fetchChunk(question.range), of: question.source) }
      let wait = state.plan.deadline.map { max(.zero, $0 - now) }
      if let (source, arrival) = lines.next(within: wait) { try take(arrival, from: source, now: now, &state) }
      try cancellation.check()
      try state.plan.event(.tick, now: now)
      for departure in state.plan.takeDepartures() {
        lines.leave(peer: departure.peer)
        warn("\(lines.endpoint(ofPeer: departure.peer)) is asked no more: \(departure.reason.rawValue)")
      }
    }
  }

  /// Gives the plan something to ask for, as long as there is something.
  private func addContents(to state: inout State) throws {
    while state.plan.isHungry, let content = state.queue.popFirst() {
      // Tensors may be alike to the last byte: what is under way already comes for all of them.
      guard state.known.insert(content.id).inserted else {
        progress(content.byteCount, .cache)
        continue
      }
      try cancellation.check()
      if try cache.holds(content, cancellation: cancellation, progress: { progress($0, .cache) }) {
        try rest(&state)
        continue
      }
      let fill = try cache.fill(content)
      progress(content.byteCount - fill.missingByteCount, .cache)
      guard !fill.missing.isEmpty else {
        try finish(fill)
        continue
      }
      state.fills[content.id] = fill
      state.plan.add(content.ranges(ofPieces: fill.missing.sorted()))
    }
  }

  private func take(
    _ arrival: WeightsInbox.Arrival, from source: ChunkPlan.Source, now: Duration, _ state: inout State
  ) throws {
    switch arrival {
    case .message(.chunk(let range), let bytes?):
      guard state.plan.expects(range, from: source), let fill = state.fills[range.content] else { return }
      let index = range.offset / WireLimits.pieceByteCount
      let isGood = try bytes.withUnsafeBytes { try fill.take(index, $0) }
      try state.plan.event(.arrived(range, from: source, isGood: isGood), now: now)
      guard isGood else { return }
      progress(range.byteCount, source == .coordinator ? .coordinator : .worker)
      if fill.missing.isEmpty {
        try finish(fill)
        state.fills[range.content] = nil
      }
      try rest(&state)
    case .message(.chunkRefused(let content, let offset, let reason), _):
      try state.plan.event(.refused(content, offset: offset, from: source, reason: reason), now: now)
    case .reconnected: try state.plan.event(.reconnected(source), now: now)
    case .broke: try state.plan.event(.broke(source), now: now)
    case .message: break
    }
  }

  private func finish(_ fill: CacheFill) throws {
    try fill.finish()
    try cache.noteFilled(fill.content)
  }

  /// Leaves network and disk to others, where the settings say so.
  private func rest(_ state: inout State) throws {
    guard settings.restFactor > 0 else { return }
    try cancellation.pause(for: min(state.lastPiece.duration(to: .now) * settings.restFactor, .seconds(1)))
    state.lastPiece = .now
  }
}
