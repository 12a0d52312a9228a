package import Core
import WeightDistribution

/// How a worker learns its speed before it registers: what its host has kept, else a measurement, which it keeps.
///
/// Workers of one host measure one after the other, since each would slow the others' measurements. One that waits
/// takes what was kept meanwhile for threads like its own. After `patience` it measures all the same, and keeps
/// nothing.
package struct SpeedSearch {
  package enum Finding: Hashable, Sendable {
    case kept(StageSpeed)
    /// - trouble: why it could not be kept; nil where it was.
    case measured(StageSpeed, trouble: String?)
    case failed(reason: String)

    package var speed: StageSpeed? {
      switch self {
      case .kept(let speed), .measured(let speed, _): speed
      case .failed: nil
      }
    }
  }

  /// How long another's measurement is waited for.
  static let patience = Duration.seconds(20)
  private static let stopped = "it was stopped before"
  private static let pause = Duration.milliseconds(50)

  private let key: SpeedKey
  private let store: SpeedStore?
  private let now: () -> Duration
  private let sleep: (Duration) -> Void
  private let isStopped: () -> Bool
  private let measure: () throws -> StageSpeed

  /// - Parameters:
  ///   - store: nil keeps nothing.
  ///   - now: a clock that never goes back.
  ///   - sleep: waits for so long.
  ///   - isStopped: whether the speed is no longer wanted: the search then waits for nothing, and `measure` is to end.
  ///   - measure: takes a few seconds; throws what a person is to read.
  package init(
    _ key: SpeedKey, store: SpeedStore?, now: @escaping () -> Duration, sleep: @escaping (Duration) -> Void,
    isStopped: @escaping () -> Bool = { false }, measure: @escaping () throws -> StageSpeed
  ) {
    self.key = key
    self.store = store
    self.now = now
    self.sleep = sleep
    self.isStopped = isStopped
    self.measure = measure
  }

  package func find() -> Finding {
    guard let store else { return measured(trouble: "there is no folder for it") }
    if let kept = store.speed(of: key) { return .kept(kept) }
    let start = now()
    do {
      var turn = try store.turn()
      while turn == nil, now() - start < Self.patience, !isStopped() {
        sleep(Self.pause)
        turn = try store.turn()
      }
      defer { turn.map(store.giveBack) }
      if let kept = store.speed(of: key) { return .kept(kept) }
      return turn == nil
        ? measured(trouble: "other workers of this host were measuring for too long") : measured(into: store)
    } catch {
      return measured(trouble: "\(error)")
    }
  }

  private func measured(into store: SpeedStore? = nil, trouble: String? = nil) -> Finding {
    guard !isStopped() else { return .failed(reason: Self.stopped) }
    let speed: StageSpeed
    do { speed = try measure() } catch {
      return .failed(reason: error is CancellationError ? Self.stopped : "\(error)")
    }
    guard SpeedRecord(key: key, speed: speed).isPlausible else {
      return .failed(reason: "it measured \(speed.prefill) and \(speed.decode), which no machine has")
    }
    do { try store?.keep(speed, of: key) } catch { return .measured(speed, trouble: "\(error)") }
    return .measured(speed, trouble: trouble)
  }
}
