import Cluster
import Core
import Transport
import Wire

/// Which workers are notified of each other, so that they exchange weights, and which standbys of the stages they may
/// get. Each notice is due once, until something in it changes.
struct PeerNotices {
  typealias Notice = (peer: PeerID, message: CoordinatorMessage)

  /// Incarnations of the workers in the last notice, by name.
  private var notified: [String: UInt64] = [:]
  /// Incarnations of the standbys that were notified of the stages of `epoch`, by name.
  private var notifiedStandbys: [String: UInt64] = [:]
  private var epoch: PlanEpoch?

  /// Notifies each worker of all others, when they have changed.
  /// - Parameter sharing: members that serve weights, by name.
  mutating func peers(_ sharing: [String: Peer]) -> [Notice] {
    let incarnations = sharing.mapValues { $0.registration.incarnation }
    guard incarnations != notified else { return [] }
    notified = incarnations
    return sharing.map { name, peer in
      let others = sharing.filter { $0.key != name }.map {
        WeightPeer(endpoint: $1.registration.weightsEndpoint, key: $1.key?.bytes ?? [], name: $0)
      }
      return (peer.id, .peers(others))
    }
  }

  /// Notifies each standby of every stage of the plan that serves: it may replace any. Each starts with another stage.
  mutating func stages(
    of plan: LayerPlan, _ epoch: PlanEpoch, standbys: [String: Peer], _ maker: AssignmentMaker
  ) -> [Notice] {
    if self.epoch != epoch { (self.epoch, notifiedStandbys) = (epoch, [:]) }
    return standbys.sorted { $0.key < $1.key }.enumerated().flatMap { number, standby -> [Notice] in
      let incarnation = standby.value.registration.incarnation
      guard notifiedStandbys.updateValue(incarnation, forKey: standby.key) != incarnation else { return [] }
      return plan.stages.indices.map { index in
        let stage = (index + number) % plan.stages.count
        return (standby.value.id, .expectStage(maker.assignment(stage, of: plan, epoch)))
      }
    }
  }
}
