package import Wire

/// Decides, as a value, which block to request from which source next. A bounded number of bytes is in flight. It
/// repeats a request without an answer, and a few times one with a wrong answer.
///
///     a block is requested from the workers that may have it, the least busy one first
///     a worker that lacks some content is not asked for it again
///     a worker that sends wrong blocks, is slow or disconnects is not asked again at all
///     what no worker has is requested from the coordinator, which has all of it
///
/// So a bad worker costs a bounded time, and nothing else. Times are since any fixed start.
package struct FetchPlan: Sendable {
  package struct Settings: Hashable, Sendable {
    /// Bytes requested from one source and not yet here, and from all.
    package var windowByteCount = 4 << 20
    package var totalByteCount = 16 << 20
    /// Blocks of one source likewise: many tensors are small.
    package var windowCount = 16
    /// How long a worker may take for a block before it is dropped.
    package var peerTimeout = Duration.seconds(3)
    /// How long the coordinator may take before everything under way there is requested again.
    package var retryInterval = Duration.seconds(5)
    /// How long nothing good may come from it. Shorter than the coordinator's own limit for a load without progress.
    package var silenceTimeout = Duration.seconds(45)
    /// How many wrong copies of one block the coordinator may send.
    package var wrongBlockLimit = 3
    /// How long the fetch rests after each block, as a multiple of the time that the block took.
    package var restFactor = 0

    /// For what is not needed yet: one block is under way, and three quarters of a network or disk are left to others.
    package static let slow: Settings = {
      var settings = Settings()
      settings.windowCount = 1
      settings.totalByteCount = WireLimits.blockByteCount
      settings.restFactor = 3
      return settings
    }()

    package init() {}
  }

  package enum Source: Hashable, Sendable {
    case coordinator
    /// A worker, by its place among those that may be asked.
    case peer(Int)
  }

  package struct Request: Hashable, Sendable {
    package let range: ContentRange
    package let source: Source
  }

  package enum Event: Hashable, Sendable {
    /// A block came and was found good, or not.
    case arrived(ContentRange, from: Source = .coordinator, isGood: Bool)
    /// The source does not have it.
    case refused(ContentID, offset: Int, from: Source = .coordinator, reason: String)
    /// The connection broke.
    case broke(Source)
    /// The connection is new: nothing that was asked before will come.
    case reconnected(Source = .coordinator)
    case tick
  }

  /// Why the fetch failed.
  package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
    case silent(Duration)
    case refused(String)
    case wrongBlocks(ContentID, offset: Int, count: Int)

    package var description: String {
      switch self {
      case .silent(let duration):
        "the coordinator has sent no weights for \(duration); check it and the network"
      case .refused(let reason): "the coordinator does not give the weights out: \(reason)"
      case .wrongBlocks(let id, let offset, let count):
        "what the coordinator sends is not what its manifest says, \(count) times for byte \(offset) of \(id): its "
          + "file has changed or is damaged; check it and start the coordinator again"
      }
    }
  }

  /// A worker that was dropped, and why.
  package struct Departure: Hashable, Sendable {
    package enum Reason: String, Sendable {
      case wrong = "what it sends is not what its hash says"
      case slow = "it takes too long"
      case broke = "the connection broke"
    }

    package let peer: Int
    package let reason: Reason
  }

  private struct Asked {
    let range: ContentRange
    let source: Source
    let since: Duration
  }

  package let settings: Settings
  private let peerCount: Int
  /// What is still to be requested, the next last.
  private var waiting: [ContentRange] = []
  private var underWay: [Asked] = []
  private var wrongCounts: [ContentRange: Int] = [:]
  private var left: Set<Int> = []
  private var departures: [Departure] = []
  /// Workers that have refused it.
  private var lacking: [ContentID: Set<Int>] = [:]
  /// Since when the coordinator has owed something good; nil while it owes nothing.
  private var owedSince: Duration?
  /// When it was last asked.
  private var lastAsked: Duration

  /// - Parameter peerCount: workers that may have some of it.
  package init(settings: Settings = Settings(), peerCount: Int = 0, now: Duration) {
    self.settings = settings
    self.peerCount = peerCount
    lastAsked = now
  }

  /// Has more fetched, after what is waiting already.
  /// - Parameter ranges: in the order they are to be asked for, each once.
  package mutating func add(_ ranges: [ContentRange]) {
    waiting.insert(contentsOf: ranges.reversed(), at: 0)
  }

  /// Whether everything that was added has been requested.
  package var isHungry: Bool { waiting.isEmpty }

  package var isDone: Bool { waiting.isEmpty && underWay.isEmpty }

  /// Whether this was asked of the source and is not here yet: all else that comes is not looked at.
  package func expects(_ range: ContentRange, from source: Source = .coordinator) -> Bool {
    index(of: range, source) != nil
  }

  /// Workers dropped since the last call.
  package mutating func takeDepartures() -> [Departure] {
    defer { departures = [] }
    return departures
  }

  /// Takes note of what happened. `ask` tells what follows.
  package mutating func event(_ event: Event, now: Duration) throws(Failure) {
    switch event {
    case .arrived(let range, let source, let isGood):
      guard let index = index(of: range, source) else { return }
      underWay.remove(at: index)
      switch source {
      case .coordinator where isGood: owedSince = underWay.contains { $0.source == .coordinator } ? now : nil
      case .peer where isGood: break
      case .coordinator: try noteWrong(range)
      case .peer(let peer):
        waiting.append(range)
        leave(peer, .wrong)
      }
    case .refused(let content, let offset, let source, let reason):
      guard
        underWay.contains(where: {
          $0.source == source && $0.range.content == content && $0.range.offset == offset
        })
      else { return }
      guard case .peer(let peer) = source else { throw .refused(reason) }
      lacking[content, default: []].insert(peer)
      askAgain { $0.source == source && $0.range.content == content }
    case .broke(.peer(let peer)): leave(peer, .broke)
    case .broke(.coordinator): break
    case .reconnected(let source): askAgain { $0.source == source }
    case .tick: try tick(now: now)
    }
  }

  private mutating func noteWrong(_ range: ContentRange) throws(Failure) {
    let count = (wrongCounts[range] ?? 0) + 1
    wrongCounts[range] = count
    guard count < settings.wrongBlockLimit else {
      throw .wrongBlocks(range.content, offset: range.offset, count: count)
    }
    waiting.append(range)
  }

  private mutating func tick(now: Duration) throws(Failure) {
    for asked in underWay where now - asked.since >= settings.peerTimeout {
      if case .peer(let peer) = asked.source { leave(peer, .slow) }
    }
    guard let owedSince else { return }
    guard now - owedSince < settings.silenceTimeout else { throw .silent(settings.silenceTimeout) }
    if now - max(owedSince, lastAsked) >= settings.retryInterval { askAgain { $0.source == .coordinator } }
  }

  /// When a tick may change something, at the latest; nil while nothing is under way.
  package var deadline: Duration? {
    let peers = underWay.compactMap { asked -> Duration? in
      if case .peer = asked.source { asked.since + settings.peerTimeout } else { nil }
    }
    let coordinator = owedSince.map { min($0 + settings.silenceTimeout, max($0, lastAsked) + settings.retryInterval) }
    return (peers + [coordinator].compactMap { $0 }).min()
  }

  /// What to request now.
  package mutating func ask(now: Duration) -> [Request] {
    var requests: [Request] = []
    while let next = waiting.last {
      let source = source(of: next)
      guard hasRoom(for: next, at: source) else { break }
      waiting.removeLast()
      underWay.append(Asked(range: next, source: source, since: now))
      requests.append(Request(range: next, source: source))
    }
    guard requests.contains(where: { $0.source == .coordinator }) else { return requests }
    owedSince = owedSince ?? now
    lastAsked = now
    return requests
  }

  // MARK: Who is asked

  /// Of the workers that may have it, the one with the least to do; the coordinator when there is none.
  private func source(of range: ContentRange) -> Source {
    let lacking = lacking[range.content] ?? []
    let peers = (0..<peerCount).filter { !left.contains($0) && !lacking.contains($0) }
    return peers.min { byteCount(at: .peer($0)) < byteCount(at: .peer($1)) }.map { .peer($0) } ?? .coordinator
  }

  private func byteCount(at source: Source) -> Int {
    underWay.reduce(0) { $0 + ($1.source == source ? $1.range.byteCount : 0) }
  }

  /// A range of any length fits where nothing is under way.
  private func hasRoom(for range: ContentRange, at source: Source) -> Bool {
    let count = underWay.count { $0.source == source }
    let total = underWay.reduce(0) { $0 + $1.range.byteCount }
    return count < settings.windowCount && (underWay.isEmpty || total + range.byteCount <= settings.totalByteCount)
      && (count == 0 || byteCount(at: source) + range.byteCount <= settings.windowByteCount)
  }

  private func index(of range: ContentRange, _ source: Source) -> Int? {
    underWay.firstIndex { $0.range == range && $0.source == source }
  }

  private mutating func leave(_ peer: Int, _ reason: Departure.Reason) {
    guard left.insert(peer).inserted else { return }
    departures.append(Departure(peer: peer, reason: reason))
    askAgain { $0.source == .peer(peer) }
  }

  private mutating func askAgain(_ isLost: (Asked) -> Bool) {
    waiting += underWay.filter(isLost).map(\.range).reversed()
    underWay.removeAll(where: isLost)
  }
}

extension HashedContent {
  /// Some of its blocks, as they are asked for.
  package func ranges(ofBlocks indices: some Sequence<Int>) -> [ContentRange] {
    let id = id
    return indices.map { index in
      let range = range(ofBlock: index)
      return ContentRange(content: id, offset: range.lowerBound, byteCount: range.count)
    }
  }
}
