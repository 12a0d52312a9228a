/// When prompts wait for some rounds, so that decodes are measured without them.
///
/// What decodes take alone changes while a long prompt is beside them: answers grow, and machines get other work. A
/// bound that is a multiple of it needs it measured again. The rounds are few, and far enough apart to cost prompts
/// little.
///
/// A value: the same calls give the same choices.
struct DecodeProbe: Sendable {
  /// Time after which a measurement is old: at least this, and at least so many rounds.
  static let interval = Duration.seconds(2)
  private static let intervalRounds = 64.0
  private static let measurementCount = 2

  private var lastMeasured: Duration?
  private var measurementsLeft = 0
  /// Steps until it is given up: decodes may end, and prompts must go on.
  private var stepsLeft = 0

  /// Whether prompts wait.
  var isRunning: Bool { measurementsLeft > 0 && stepsLeft > 0 }
  /// Whether the next measurement follows others that are old.
  var isFirst: Bool { isRunning && measurementsLeft == Self.measurementCount }

  /// Begins where decodes that share steps with prompts were not measured alone for long, or never.
  /// - Parameter alone: seconds that a round of them took without prompts, as far as known.
  mutating func beginIfDue(now: Duration, alone: Double?, stageCount: Int) {
    guard !isRunning else { return }
    let interval = max(Self.interval, .seconds(Self.intervalRounds * (alone ?? 0)))
    if let lastMeasured, now - lastMeasured < interval { return }
    lastMeasured = now
    measurementsLeft = Self.measurementCount
    // Those of prompts that are in flight, and some rounds.
    stepsLeft = 5 * stageCount + 3
  }

  /// A step of decodes came back, and nothing else was in flight.
  mutating func noteMeasured(now: Duration) {
    lastMeasured = now
    measurementsLeft = max(0, measurementsLeft - 1)
  }

  /// Any step came back.
  mutating func noteCompleted() { stepsLeft = max(0, stepsLeft - 1) }
}
