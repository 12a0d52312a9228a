import Core

/// Evidence that a sequence itself is the cause why plans end.
///
/// A request may kill every worker that computes it, or fail every step that carries it: it would end plan after plan
/// for ever. One such end proves nothing, since workers die of other causes, and which of several steps killed one is
/// unknown. So the detector counts the plans that ended while a step of the sequence was in flight. Of a failed step
/// only its own sequences count.
///
/// - A request does harm at one of its tokens, every time. So only plans count together that ended while the same token
///   was in flight: a long sequence that is computed again meets accidents at many of its tokens.
/// - Progress clears: the counts start again when the sequence gets further than ever. Recomputing what it had before a
///   loss is no progress, since a request that kills at one token lets all tokens before it pass, every time.
/// - Lost workers, failed steps and lost steps count separately: a cause does the same every time, while faults that
///   happen to come together are mixed. So the cause sees fewer than three times `limit` plans end.
/// - From half of `limit` on the sequence runs alone. An innocent sequence then makes progress and is cleared; the
///   cause does not.
///
/// Faults that come faster than steps can bring an innocent sequence to the limit, or to `patience` ends at whatever
/// tokens without any progress. It then ends with an error instead of never.
struct PoisonRequestDetector: Sendable {
  /// Positions in flight when plans ended, by cause.
  private var positions: [InterruptionCause: [Range<Int>]] = [:]
  /// Plans at most that ended while the same token was in flight, by one cause.
  private var evidence = 0
  /// Plans that ended since it last got further than ever.
  private var endCount = 0
  /// Tokens that all stages have computed at some time.
  private var furthestPosition = 0

  /// A plan ended while these positions of the sequence were in flight.
  mutating func note(_ cause: InterruptionCause, inFlight: Range<Int>) {
    guard cause != .unrelated else { return }
    endCount += 1
    let known = Array((positions[cause] ?? []).suffix(Self.patience - 1)) + [inFlight]
    positions[cause] = known
    // Where most ranges meet one of them begins.
    evidence = max(evidence, known.map { range in known.count { $0.contains(range.lowerBound) } }.max() ?? 0)
  }

  /// All stages have computed the sequence up to `position`.
  mutating func noteComputed(upTo position: Int) {
    guard position > furthestPosition else { return }
    self = PoisonRequestDetector()
    furthestPosition = position
  }

  /// Whether the sequence runs alone, which shows whether it is the cause.
  var isGrave: Bool { evidence >= Self.limit / 2 }
  /// Whether the sequence is taken for the cause.
  var isProof: Bool { evidence >= Self.limit || endCount >= Self.patience }

  private static let limit = 8
  /// Plans that end without progress, at most; more than chance brings together.
  private static let patience = 64
}
