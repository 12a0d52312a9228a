import Coordinator

/// How far spans have been sent, and what is logged: a line when the collector goes, not one a second.
struct TracingProgress {
  /// Generations whose spans are settled.
  private(set) var cursor = 0
  private var isAway = false

  /// Takes what came of a post. Returns a line for the log; nil for what is known.
  mutating func note(_ ended: EndedSpans, _ answer: SpanCollector.Answer) -> String? {
    switch answer {
    case .taken:
      cursor = ended.cursor
      isAway = false
      return ended.missedCount > 0 ? "\(ended.missedCount) traces were dropped while the collector was away" : nil
    case .refused(let reason):
      cursor = ended.cursor
      isAway = false
      return "the collector refuses traces, which are dropped: \(reason)"
    case .away(let reason):
      defer { isAway = true }
      return isAway ? nil : "the collector does not take traces; the last ones are kept for it: \(reason)"
    }
  }
}
