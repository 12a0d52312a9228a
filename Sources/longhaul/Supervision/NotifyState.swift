import Core

/// What a service manager is to hear of this process, as a value: READY once, STATUS when it changes, more time while
/// it starts, and a sign of life for the watchdog. The assignments are those of sd_notify(3).
struct NotifyState {
  /// How often a process that starts asks for more time, and for how much.
  private static let extensionInterval = Duration.seconds(5)
  private static let extensionSpan = Duration.seconds(60)
  /// A status changes a hundred times while weights load; a manager need not see each.
  private static let statusInterval = Duration.milliseconds(500)

  /// Half of what the watchdog allows; nil without one.
  private let watchdogInterval: Duration?
  private var status: (text: String, sent: Duration)?
  private var isReady = false
  private var extended: Duration?
  private var fed: Duration?

  /// - Parameter watchdog: silence after which the manager ends the process.
  init(watchdog: Duration?) { watchdogInterval = watchdog.map { $0 / 2 } }

  /// What to send after an event of the process's loop; often nothing.
  mutating func update(_ text: String, isReady nowReady: Bool, now: Duration) -> [String] {
    var assignments: [String] = []
    let becomesReady = nowReady && !isReady
    if becomesReady {
      isReady = true
      assignments.append("READY=1")
    }
    let mayReport = becomesReady || status.map { now - $0.sent >= Self.statusInterval } ?? true
    if text != status?.text, mayReport {
      status = (text, now)
      assignments.append("STATUS=\(text.filter { !$0.isNewline })")
    }
    if !isReady, extended.map({ now - $0 >= Self.extensionInterval }) ?? true {
      extended = now
      assignments.append("EXTEND_TIMEOUT_USEC=\(Self.extensionSpan.components.seconds * 1_000_000)")
    }
    if let watchdogInterval, fed.map({ now - $0 >= watchdogInterval }) ?? true {
      fed = now
      assignments.append("WATCHDOG=1")
    }
    return assignments
  }

  /// What to send when the process begins to end, with the time it may take.
  mutating func stop(_ text: String, within span: Duration, now: Duration) -> [String] {
    status = (text, now)
    return ["STOPPING=1", "STATUS=\(text)", "EXTEND_TIMEOUT_USEC=\((span.components.seconds + 5) * 1_000_000)"]
  }
}
