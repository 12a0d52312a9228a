import Core
import Transport
package import Wire

/// Fetches contents into a store: verifies what is present, downloads what is missing, resumes partial downloads. One
/// use, one thread.
package struct Fetcher {
  private let connections: FetchConnections
  private let store: BlobStore
  private let cancellation: Cancellation
  private let asksPeers: Bool
  private let settings: FetchPlan.Settings
  private let warn: (String) -> Void
  private let progress: (_ byteCount: Int, Origin) -> Void

  /// Where bytes came from.
  package enum Origin: Sendable {
    case store, coordinator, worker
  }

  /// - Parameters:
  ///   - asksPeers: whether other workers are asked, too.
  ///   - warn: given the reason each time a worker is not asked any more.
  ///   - progress: given bytes that are in the store now, verified.
  package init(
    connections: FetchConnections, store: BlobStore, cancellation: Cancellation, asksPeers: Bool = false,
    settings: FetchPlan.Settings = FetchPlan.Settings(), warn: @escaping (String) -> Void = { _ in },
    progress: @escaping (_ byteCount: Int, Origin) -> Void = { _, _ in }
  ) {
    self.connections = connections
    self.store = store
    self.cancellation = cancellation
    self.asksPeers = asksPeers
    self.settings = settings
    self.warn = warn
    self.progress = progress
  }

  /// What changes while contents are fetched.
  private struct State {
    var plan: FetchPlan
    var queue: ArraySlice<HashedContent>
    var known: Set<ContentID> = []
    var fills: [ContentID: BlobFill] = [:]
    /// When the last block was verified.
    var lastPiece = ContinuousClock.now
  }

  /// Returns when all contents are in the store.
  /// - Throws: `FetchPlan.Failure`, `DiskError`, `TransportError`, `Cancelled`.
  package func fetch(_ contents: [HashedContent]) throws {
    let started = ContinuousClock.now
    var now: Duration { started.duration(to: .now) }
    connections.interrupt(by: cancellation)
    var state = State(
      plan: FetchPlan(settings: settings, peerCount: asksPeers ? connections.peerCount : 0, now: now),
      queue: contents[...])
    while true {
      try addContents(to: &state)
      if state.plan.isDone, state.queue.isEmpty { return }
      for request in state.plan.ask(now: now) { try connections.ask(.fetchBlock(request.range), of: request.source) }
      let wait = state.plan.deadline.map { max(.zero, $0 - now) }
      if let (source, arrival) = connections.next(within: wait) { try take(arrival, from: source, now: now, &state) }
      try cancellation.check()
      try state.plan.event(.tick, now: now)
      for departure in state.plan.takeDepartures() {
        connections.leave(peer: departure.peer)
        warn("\(connections.endpoint(ofPeer: departure.peer)) is asked no more: \(departure.reason.rawValue)")
      }
    }
  }

  /// Gives the plan something to ask for, as long as there is something.
  private func addContents(to state: inout State) throws {
    while state.plan.isHungry, let content = state.queue.popFirst() {
      // Tensors may be alike to the last byte: what is under way already comes for all of them.
      guard state.known.insert(content.id).inserted else {
        progress(content.byteCount, .store)
        continue
      }
      try cancellation.check()
      if try store.holds(content, cancellation: cancellation, progress: { progress($0, .store) }) {
        try rest(&state)
        continue
      }
      let fill = try store.fill(content)
      progress(content.byteCount - fill.missingByteCount, .store)
      guard !fill.missing.isEmpty else {
        try finish(fill)
        continue
      }
      state.fills[content.id] = fill
      state.plan.add(content.ranges(ofBlocks: fill.missing.sorted()))
    }
  }

  private func take(
    _ arrival: FetchInbox.Arrival, from source: FetchPlan.Source, now: Duration, _ state: inout State
  ) throws {
    switch arrival {
    case .message(.block(let range), let bytes?):
      guard state.plan.expects(range, from: source), let fill = state.fills[range.content] else { return }
      let index = range.offset / WireLimits.blockByteCount
      let isGood = try bytes.withUnsafeBytes { try fill.take(index, $0) }
      try state.plan.event(.arrived(range, from: source, isGood: isGood), now: now)
      guard isGood else { return }
      progress(range.byteCount, source == .coordinator ? .coordinator : .worker)
      if fill.missing.isEmpty {
        try finish(fill)
        state.fills[range.content] = nil
      }
      try rest(&state)
    case .message(.blockRefused(let content, let offset, let reason), _):
      try state.plan.event(.refused(content, offset: offset, from: source, reason: reason), now: now)
    case .reconnected: try state.plan.event(.reconnected(source), now: now)
    case .broke: try state.plan.event(.broke(source), now: now)
    case .message: break
    }
  }

  private func finish(_ fill: BlobFill) throws {
    try fill.finish()
    try store.noteFilled(fill.content)
  }

  /// Leaves network and disk to others, where the settings say so.
  private func rest(_ state: inout State) throws {
    guard settings.restFactor > 0 else { return }
    try cancellation.pause(for: min(state.lastPiece.duration(to: .now) * settings.restFactor, .seconds(1)))
    state.lastPiece = .now
  }
}
