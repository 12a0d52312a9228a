import Core

/// What speaks for a sequence being itself the cause why plans end.
///
/// A request can be one that kills every worker that computes it, or one that no stage passes on: it would bring down
/// plan after plan for ever. One such end proves nothing: workers die of other things, and nobody can say which of
/// several steps killed one. So ends are counted that came while a step of the sequence was in flight:
///
/// - Only until it gets further than it ever was. To read again what it had before a loss is not getting on: what
///   kills at one token lets all tokens before it be read again, each time.
/// - Lost workers and lost steps each by themselves: a cause does the same every time, faults that happen to come
///   together are mixed. So a sequence sees fewer than twice `limit` plans end.
/// - From half of `limit` on it runs alone. Who was only there while another one killed then gets on and is cleared,
///   and who does it stands alone.
///
/// Faults alone can bring a sequence there, where they come faster than its steps: it then ends in words, rather than
/// never.
struct PoisonRequestDetector: Sendable {
  private var lostWorkerCount = 0
  private var lostStepCount = 0
  /// Tokens that all stages have computed at some time.
  private var furthestPosition = 0

  /// To be called when a step of the sequence was in flight at the end.
  mutating func note(_ end: InterruptionCause) {
    switch end {
    case .workerLost: lostWorkerCount += 1
    case .stepLost: lostStepCount += 1
    case .unrelated: break
    }
  }

  /// All stages have computed the sequence up to `position`.
  mutating func noteComputed(upTo position: Int) {
    guard position > furthestPosition else { return }
    self = PoisonRequestDetector()
    furthestPosition = position
  }

  /// Whether the sequence is to run alone, so that it shows who is the cause.
  var isGrave: Bool { max(lostWorkerCount, lostStepCount) >= Self.limit / 2 }
  /// Whether the sequence must be taken for the cause.
  var isProof: Bool { max(lostWorkerCount, lostStepCount) >= Self.limit }

  private static let limit = 8
}
