import Cluster
import Core
import Transport
import Wire

/// Turns the stages of a plan into assignments for their workers. Pure.
struct AssignmentMaker {
  let configuration: ClusterConfiguration
  /// Where the last stage sends results.
  let resultEndpoint: Endpoint
  let peers: [String: Peer]
  /// The last epoch that served: stages keep the sequences they have of it.
  let servedEpoch: PlanEpoch?

  func assignment(_ index: Int, of plan: LayerPlan, _ epoch: PlanEpoch) -> StageAssignment {
    let isLast = index + 1 == plan.stages.count
    let next = isLast ? nil : peers[plan.stages[index + 1].worker]
    let coordinatorKey = configuration.network.keys.publicBytes
    let previousKey = index == 0 ? coordinatorKey : peers[plan.stages[index - 1].worker]?.key?.bytes ?? []
    let demand = configuration.demand
    return StageAssignment(
      epoch: epoch, previousEpoch: servedEpoch,
      place: .init(index: index, count: plan.stages.count, layers: plan.stages[index].layers),
      model: .init(
        paths: configuration.checkpoint.paths, fingerprint: configuration.checkpoint.fingerprint,
        isShared: configuration.checkpoint.published != nil, rope: configuration.checkpoint.rope),
      cache: .init(
        elementType: demand.elementType, attention: demand.attention, pageCount: plan.pageCount,
        contextLength: demand.contextLength),
      links: .init(
        nextEndpoint: next?.registration.dataEndpoint ?? resultEndpoint.description,
        nextKey: isLast ? coordinatorKey : next?.key?.bytes ?? [], previousKey: previousKey),
      maximumStepTokenCount: configuration.stepTokenBudget)
  }
}
