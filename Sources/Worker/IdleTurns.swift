/// When a backend gets time for what is not a step, such as packing weights that were left in the file because memory
/// was slow: whenever no work waits, and before every step but the first, for as long as the last one took. So the
/// first result comes at once and others at half the speed at worst.
struct IdleTurns {
  /// Seconds without work after which a turn begins: long enough for a result to leave the machine.
  static let idleSeconds = 0.01
  /// The length of a turn then; a step that comes meanwhile waits for its end.
  static let idleTurn = Duration.milliseconds(20)

  private var lastStep: Duration?

  /// The length of the turn before the next step; nil before the first.
  var beforeStep: Duration? { lastStep }

  /// Notes how long a step with rows took.
  mutating func note(_ step: Duration) { lastStep = step }
}
