/// When a stage packs weights that were left in the file because memory was slow: whenever there is nothing
/// else to do, and before every step but the first, for as long as the last one took. So the first answer comes at
/// once, others at half the speed at worst, and all is packed after about a third more time than memory takes alone.
struct PackingTurns {
  /// Seconds without work after which there is nothing else to do: long enough for a result to leave the machine.
  static let idleSeconds = 0.01
  /// How long a turn is then; a step that comes meanwhile waits for its end.
  static let idleTurn = Duration.milliseconds(20)

  private var lastStep: Duration?

  /// How long to pack before the next step; nil before the first.
  var beforeStep: Duration? { lastStep }

  /// A step with rows took so long.
  mutating func note(_ step: Duration) { lastStep = step }
}
