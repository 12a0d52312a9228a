import Cluster
import Core
import Tensors
import Transport

/// The worker processes of a plan on this machine, and the folder that only this user can enter with their sockets.
struct LocalWorkers: Sendable {
  let processes: WorkerProcesses
  /// Where the coordinator listens.
  let control: Endpoint
  let results: Endpoint
  private let folder: PrivateFolder
  /// Name and arguments of each.
  private let commands: [(name: String, arguments: [String])]

  /// Checks what the processes need and makes the folder; starts none.
  /// - Parameters:
  ///   - packsFirst: whether workers pack all weights before they serve.
  ///   - weightsCache: a folder other than the usual one.
  ///   - tell: given a sentence about each worker that ends or has trouble.
  /// - Throws: `CommandFailure`.
  init(
    plan: LayerPlan, options: LocalClusterOptions, packsFirst: Bool = false, weightsCache: String? = nil,
    tell: @escaping @Sendable (String) -> Void = { StandardError.event($0) }
  ) throws {
    let placements = try plan.stages.indices.map {
      try options.placement.placement(worker: $0, of: plan.stages.count, threadCount: options.threadCount)
    }
    try options.memory?.requireWithinLimit(workerCount: plan.stages.count)
    try ProcessNeeds.localCluster(workerCount: plan.stages.count, threadCount: options.threadCount).require()
    let folder = try PrivateFolder()
    self.folder = folder
    let control = try Endpoint("ipc://\(folder.path)/control")
    self.control = control
    results = try Endpoint("ipc://\(folder.path)/results")
    commands = plan.stages.enumerated().map { index, stage in
      (
        stage.worker,
        [
          "worker", "--coordinator", control.description, "--name", stage.worker, "--data",
          "ipc://\(folder.path)/stage-\(index)", "--threads", "\(options.threadCount)", "--memory",
          // Equal by design: a measurement would only delay them.
          "\(options.memoryByteCount)", "--lifeline", "--quiet", "--no-measure",
        ] + (packsFirst ? ["--pack-first"] : []) + (weightsCache.map { ["--weights-cache", $0] } ?? [])
          + placements[index].workerArguments
      )
    }
    processes = WorkerProcesses(tell: tell)
  }

  /// - Throws: when the system cannot start one.
  func start() throws {
    for command in commands { try processes.start(name: command.name, arguments: command.arguments) }
  }

  /// Removes the folder of the sockets.
  func removeFolder() { folder.remove() }
}
