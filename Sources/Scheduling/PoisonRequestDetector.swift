import Core

/// Evidence that a sequence itself is the cause why plans end.
///
/// A request may kill every worker that computes it, or fail every step that carries it: it would end plan after plan
/// for ever. One such end proves nothing, since workers die of other causes, and which of several steps killed one is
/// unknown. So the detector counts the plans that ended while a step of the sequence was in flight. Of a failed step
/// only its own sequences count.
///
/// - Progress clears: the counts start again when the sequence gets further than ever. Recomputing what it had before a
///   loss is no progress, since a request that kills at one token lets all tokens before it pass, every time.
/// - Lost workers, failed steps and lost steps count separately: a cause does the same every time, while faults that
///   happen to come together are mixed. So a sequence sees fewer than three times `limit` plans end.
/// - From half of `limit` on the sequence runs alone. An innocent sequence then makes progress and is cleared; the
///   cause does not.
///
/// Faults that come faster than steps can bring an innocent sequence to the limit. It then ends with an error instead
/// of never.
struct PoisonRequestDetector: Sendable {
  private var lostWorkerCount = 0
  private var failedStepCount = 0
  private var lostStepCount = 0
  /// Tokens that all stages have computed at some time.
  private var furthestPosition = 0

  /// A plan ended while a step of the sequence was in flight.
  mutating func note(_ cause: InterruptionCause) {
    switch cause {
    case .workerLost: lostWorkerCount += 1
    case .stepFailed: failedStepCount += 1
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

  private var evidence: Int { max(lostWorkerCount, failedStepCount, lostStepCount) }

  /// Whether the sequence runs alone, which shows whether it is the cause.
  var isGrave: Bool { evidence >= Self.limit / 2 }
  /// Whether the sequence is taken for the cause.
  var isProof: Bool { evidence >= Self.limit }

  private static let limit = 8
}
