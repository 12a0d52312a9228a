import Cluster
import Coordinator
import Core
import Logging
import Transport

/// Where the workers of a server are: how its engine is set up, and those that it starts.
struct ServeSite {
  /// Workers that the server starts.
  struct Local {
    let workers: LocalWorkers
    let plan: LayerPlan
    /// What all of them may take.
    let byteCount: Int
  }

  var configuration: ClusterConfiguration
  /// Nil where workers come by themselves.
  var local: Local?

  /// Logs in one line what the server takes, or what it waits for.
  func announce(at control: Endpoint, _ logger: Logger) {
    let demand = configuration.demand
    guard let local else {
      return logger.info(
        "waiting for workers",
        metadata: [
          "endpoint": "\(control)", "workers": "\(configuration.workerCount)", "context": "\(demand.contextLength)",
        ])
    }
    func sum(_ bytes: (StagePlacement) -> Int) -> String { ByteText.of(local.plan.stages.map(bytes).reduce(0, +)) }
    logger.info(
      "capacity",
      metadata: [
        "context": "\(demand.contextLength)", "sequences": "\(demand.sequenceCount)",
        "workers": "\(local.plan.stages.count)", "weights": "\(sum(\.weightByteCount))",
        "kv_cache": "\(sum(\.kvByteCount))", "memory": "\(ByteText.of(local.byteCount))",
      ])
  }
}
