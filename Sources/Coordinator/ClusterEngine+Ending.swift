import Cluster
import Core
import Synchronization
import Transport
import Wire

/// The coordinator's last moments: everybody who speaks is told to stop. Runs on the task of `run` only.
extension ClusterEngine {
  struct Ending {
    let reason: String
    var farewell: Farewell
  }

  /// Ends all requests and tells the workers that are members.
  func beginEnding(reason: String) -> Ending {
    let (peers, askers, mayReturn) = state.withLock { state in
      state.isStopped = true
      state.failGenerations(EngineError.stopped)
      return (
        state.peers.values.map(\.id), state.drainAskers.values.flatMap { $0 },
        state.control.membership.members.contains { $0.status == .dead }
      )
    }
    for peer in peers { tell(.shutdown(reason: reason), peer) }
    for asker in askers { tell(.refused(reason: reason), asker) }
    return Ending(
      reason: reason,
      farewell: Farewell(peers: Set(peers), mayReturn: mayReturn, grace: farewellGrace, now: now))
  }

  /// What comes while it ends changes nothing any more.
  func handle(_ event: Event, ending: inout Ending?) {
    guard let reason = ending?.reason else { return }
    switch event {
    case .worker(.drain, let asker, _): tell(.refused(reason: reason), asker)
    case .worker(.leaving, _, _): break
    case .worker(_, let peer, _):
      tell(.shutdown(reason: reason), peer)
      ending?.farewell.told(peer)
    case .gone(let peer): ending?.farewell.gone(peer)
    case .stop: ending?.farewell.hurry()
    case .stranger, .stepFailed, .stepLost, .planned, .abandoned, .tick: break
    }
  }
}
