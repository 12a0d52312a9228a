/// What one request of a load test became.
struct LoadRecord: Hashable, Sendable {
  enum Outcome: Hashable, Sendable {
    case finished(reason: String)
    case failed(AnswerMeter.Failure)
    /// The test was ended before the answer was.
    case interrupted
  }

  let number: Int
  let outcome: Outcome
  /// When it should have been sent, and when it was; since the start of the test, as all times here.
  let due: Duration
  let sent: Duration
  let ended: Duration
  let marks: [AnswerMeter.Mark]
  let promptTokenCount: Int?
  let cachedTokenCount: Int?
  let answerTokenCount: Int
  let counting: TokenCounting

  var isFinished: Bool { if case .finished = outcome { true } else { false } }

  /// To its first token, from the time when it should have been sent: a generator that is late must not hide that the
  /// server is.
  var timeToFirstToken: Duration? { marks.first.map { $0.time - due } }
  var endToEnd: Duration { ended - due }

  /// From each token to the next. Tokens that come at once share the time before them, so that a server which sends
  /// several a piece is measured as others are.
  var tokenGaps: [Duration] {
    var gaps: [Duration] = []
    for (mark, before) in zip(marks.dropFirst(), marks) {
      gaps += Array(repeating: (mark.time - before.time) / mark.tokenCount, count: mark.tokenCount)
    }
    return gaps
  }

  /// The time from the first tokens to the last ones, by the tokens after the first; nil where all came at once.
  var timePerToken: Duration? {
    guard let first = marks.first, let last = marks.last, marks.count > 1 else { return nil }
    return (last.time - first.time) / max(1, answerTokenCount - first.tokenCount)
  }
}

/// What an answer must keep to count as good; nil asks for nothing.
struct LatencyTarget: Hashable, Sendable {
  var firstToken: Duration?
  /// On average over an answer's tokens after the first.
  var perToken: Duration?
  var endToEnd: Duration?

  var isEmpty: Bool { self == LatencyTarget() }

  func isMet(by record: LoadRecord) -> Bool {
    func keeps(_ time: Duration?, _ target: Duration?) -> Bool {
      guard let target else { return true }
      return (time ?? .zero) <= target
    }
    return record.isFinished && keeps(record.timeToFirstToken, firstToken) && keeps(record.timePerToken, perToken)
      && keeps(record.endToEnd, endToEnd)
  }
}
