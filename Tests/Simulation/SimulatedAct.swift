import Fixtures

/// What happens at a moment beside what the cluster does by itself: a fault, or a client's doing. Workers are numbers.
enum SimulatedAct: Sendable {
  case request(promptCount: Int, newTokenCount: Int)
  /// The client of the request with this number, from 1, goes away.
  case abandon(request: UInt64)
  case crash(worker: Int, restartAfter: Duration)
  /// The whole process stands still.
  case stop(worker: Int, for: Duration)
  /// The compute thread hangs, the others run.
  case hang(worker: Int)
  /// Steps that the compute thread begins end only after that time, and show no progress until then.
  case slow(worker: Int, for: Duration)
  /// Nothing passes, one way or both.
  case cut(SimulatedNetwork.Way, for: Duration, isMutual: Bool)
  /// The worker's replay logs cannot be read any more.
  case spoilLogs(worker: Int)
  case breakConnection(worker: Int)
  case stopCoordinator(for: Duration)
  /// Nil: after a while that chance decides.
  case crashCoordinator(restartAfter: Duration?)

  /// A fault by chance; nil where chance wants one that cannot be.
  static func drawn(workerCount: Int, random: inout SeededGenerator) -> SimulatedAct? {
    let worker = Int.random(in: 0..<workerCount, using: &random)
    let span = Duration.milliseconds(Int.random(in: 50...4000, using: &random))
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<35: return .crash(worker: worker, restartAfter: span)
    case 35..<50: return .stop(worker: worker, for: span)
    case 50..<60: return .hang(worker: worker)
    case 60..<80:
      let length = random.chance(0.2) ? span * 3 : span
      let other = Int.random(in: -1..<workerCount, using: &random)
      guard other != worker else { return nil }
      return .cut(
        .init(from: worker, to: other), for: length, isMutual: Bool.random(using: &random))
    case 80..<85: return .spoilLogs(worker: worker)
    case 85..<90: return .breakConnection(worker: worker)
    case 90..<93: return .stopCoordinator(for: span)
    default: return .crashCoordinator(restartAfter: nil)
    }
  }
}
