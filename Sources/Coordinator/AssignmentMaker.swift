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
    return StageAssignment(
      epoch: epoch, stageIndex: index, stageCount: plan.stages.count, layers: plan.stages[index].layers,
      modelPaths: configuration.checkpoint.paths, modelFingerprint: configuration.checkpoint.fingerprint,
      nextEndpoint: next?.registration.dataEndpoint ?? resultEndpoint.description,
      kvElementType: configuration.demand.elementType, pageCount: plan.pageCount,
      contextLength: configuration.demand.contextLength, maximumStepTokenCount: configuration.stepTokenBudget,
      nextKey: isLast ? coordinatorKey : next?.key?.bytes ?? [],
      previousKey: index == 0 ? coordinatorKey : peers[plan.stages[index - 1].worker]?.key?.bytes ?? [],
      sharesWeights: configuration.checkpoint.published != nil, previousEpoch: servedEpoch)
  }
}
