import Evaluation

/// A request of a load test before it is sent.
struct PlannedRequest: Hashable, Sendable {
  /// From 0, in the order in which they come.
  let number: Int
  /// Since the start of the test; nil where it comes as soon as a client is free.
  let due: Duration?
  /// Which other requests begin with the same text; nil where none must.
  let prefixGroup: Int?
  /// Tokens of that beginning; 0 without one.
  let prefixTokenCount: Int
  /// Tokens of the prompt after that.
  let promptTokenCount: Int
  /// New tokens that are asked for.
  let answerTokenCount: Int
}

/// The requests of a load test, one after the other: the same for the same seed. What one is does not depend on how
/// many come before it, but for when it comes.
struct LoadSchedule: Sequence, IteratorProtocol, Sendable {
  var arrivals: Arrivals
  var promptLength: LengthDistribution
  var answerLength: LengthDistribution
  /// Texts that prompts begin with; each request draws one of them. 0 for none.
  var prefixGroupCount = 0
  var prefixTokenCount = 0
  var seed: UInt64 = 1
  /// How many there are.
  var count: Int
  /// Those that would come later do not come.
  var lastArrival: Duration?

  private var number = 0
  private var now = Duration.zero

  init(
    arrivals: Arrivals, promptLength: LengthDistribution, answerLength: LengthDistribution, prefixGroupCount: Int = 0,
    prefixTokenCount: Int = 0, seed: UInt64 = 1, count: Int, lastArrival: Duration? = nil
  ) {
    self.arrivals = arrivals
    self.promptLength = promptLength
    self.answerLength = answerLength
    self.prefixGroupCount = prefixTokenCount > 0 ? prefixGroupCount : 0
    self.prefixTokenCount = prefixGroupCount > 0 ? prefixTokenCount : 0
    self.seed = seed
    self.count = count
    self.lastArrival = lastArrival
  }

  mutating func next() -> PlannedRequest? {
    guard number < count else { return nil }
    var random = SeededRandom(seed: seed, Use.request, number)
    let promptTokenCount = promptLength.length(&random)
    let answerTokenCount = answerLength.length(&random)
    let group = prefixGroupCount > 0 ? random.number(below: prefixGroupCount) : nil
    let gap = arrivals.gap(&random)
    // The first one comes at once: what is before it would be waiting for nothing.
    if number > 0, let gap { now += gap }
    if let lastArrival, now > lastArrival { return nil }
    defer { number += 1 }
    return PlannedRequest(
      number: number, due: gap == nil ? nil : now, prefixGroup: group, prefixTokenCount: prefixTokenCount,
      promptTokenCount: promptTokenCount, answerTokenCount: answerTokenCount)
  }

  /// The seed's uses.
  enum Use {
    static let request = 1
    static let prefix = 2
    static let prompt = 3
  }
}
