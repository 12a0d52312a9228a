/// The engine's time: since its start. Any thread.
struct EngineClock: Sendable {
  private let start = ContinuousClock.now

  var now: Duration { start.duration(to: .now) }
}
