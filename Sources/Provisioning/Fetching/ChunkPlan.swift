package import Wire

/// What to ask for next while contents are fetched, as a value: a bounded number of bytes is under way, what does not
/// come is asked for again, what lies is asked for again a few times.
///
/// Times are since any fixed start.
package struct ChunkPlan: Sendable {
  package struct Settings: Hashable, Sendable {
    /// Bytes asked for and not yet here.
    package var windowByteCount = 4 << 20
    /// Pieces likewise: many tensors are small.
    package var windowCount = 16
    /// How long an answer may take before everything under way is asked for again.
    package var patience = Duration.seconds(5)
    /// How long nothing good may come. Shorter than what a coordinator waits for a stage to get on with loading.
    package var limit = Duration.seconds(45)
    /// How often a piece may come wrong.
    package var lieCount = 3

    package init() {}
  }

  package enum Event: Hashable, Sendable {
    /// A piece came and was found good, or not.
    case arrived(ContentRange, isGood: Bool)
    /// The coordinator does not have it.
    case refused(ContentID, offset: Int, reason: String)
    /// The connection is new: nothing that was asked before will come.
    case reconnected
    case tick
  }

  /// Why it cannot go on.
  package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
    case silent(Duration)
    case refused(String)
    case lies(ContentID, offset: Int, count: Int)

    package var description: String {
      switch self {
      case .silent(let duration):
        "the coordinator has sent no weights for \(duration); check it and the network"
      case .refused(let reason): "the coordinator does not give the weights out: \(reason)"
      case .lies(let id, let offset, let count):
        "what the coordinator sends is not what its manifest says, \(count) times for byte \(offset) of \(id): its "
          + "file has changed or is damaged; check it and start the coordinator again"
      }
    }
  }

  package let settings: Settings
  /// What is to be asked for, the next last.
  private var waiting: [ContentRange]
  private var underWay: [ContentRange] = []
  private var underWayByteCount = 0
  private var lies: [ContentRange: Int] = [:]
  private var lastGood: Duration
  private var lastAsked: Duration

  package init(settings: Settings = Settings(), now: Duration) {
    self.settings = settings
    waiting = []
    lastGood = now
    lastAsked = now
  }

  /// Has more fetched, after what is waiting already.
  /// - Parameter ranges: in the order they are to be asked for, each once.
  package mutating func add(_ ranges: [ContentRange]) {
    waiting.insert(contentsOf: ranges.reversed(), at: 0)
  }

  /// Whether everything that was added has been asked for.
  package var isHungry: Bool { waiting.isEmpty }

  package var isDone: Bool { waiting.isEmpty && underWay.isEmpty }

  /// Whether this was asked for and is not here yet: all else that comes is not looked at.
  package func expects(_ range: ContentRange) -> Bool { underWay.contains(range) }

  /// Takes note of what happened. `ask` tells what follows.
  package mutating func event(_ event: Event, now: Duration) throws(Failure) {
    switch event {
    case .arrived(let range, let isGood):
      guard let index = underWay.firstIndex(of: range) else { return }
      underWay.remove(at: index)
      underWayByteCount -= range.byteCount
      guard !isGood else {
        lastGood = now
        return
      }
      let count = (lies[range] ?? 0) + 1
      lies[range] = count
      guard count < settings.lieCount else { throw .lies(range.content, offset: range.offset, count: count) }
      waiting.append(range)
    case .refused(let content, let offset, let reason):
      guard underWay.contains(where: { $0.content == content && $0.offset == offset }) else { return }
      throw .refused(reason)
    case .reconnected:
      askAgain()
    case .tick:
      guard now - lastGood < settings.limit else { throw .silent(settings.limit) }
      if now - max(lastGood, lastAsked) >= settings.patience { askAgain() }
    }
  }

  /// What is to be asked for now.
  package mutating func ask(now: Duration) -> [ContentRange] {
    var asked: [ContentRange] = []
    while let next = waiting.last, underWay.count < settings.windowCount,
      underWay.isEmpty || underWayByteCount + next.byteCount <= settings.windowByteCount
    {
      waiting.removeLast()
      underWay.append(next)
      underWayByteCount += next.byteCount
      asked.append(next)
    }
    guard !asked.isEmpty else { return [] }
    // Time that nobody had to answer in does not count.
    if asked.count == underWay.count { lastGood = now }
    lastAsked = now
    return asked
  }

  private mutating func askAgain() {
    waiting += underWay.reversed()
    underWay = []
    underWayByteCount = 0
  }
}

extension HashedContent {
  /// Some of its pieces, as they are asked for.
  package func ranges(ofPieces indices: some Sequence<Int>) -> [ContentRange] {
    let id = id
    return indices.map { index in
      let range = range(ofPiece: index)
      return ContentRange(content: id, offset: range.lowerBound, byteCount: range.count)
    }
  }
}
