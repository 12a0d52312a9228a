import Cluster
import Coordinator
import Core
import Credentials
import Foundation
import Logging
import Transport
import WeightDistribution
import Weights
import Worker

extension ServeCommand {
  /// - Throws: `CommandFailure`, `InfeasiblePlan` before any process starts, or why keys or endpoints are refused.
  func site(
    _ checkpoint: Checkpoint, _ model: ModelConfiguration, policy: PolicyRequest, _ logger: Logger
  ) throws -> ServeSite {
    try remoteOption == nil
      ? localSite(checkpoint, model, policy: policy, logger) : remoteSite(checkpoint, model, policy: policy, logger)
  }

  private func localSite(
    _ checkpoint: Checkpoint, _ model: ModelConfiguration, policy: PolicyRequest, _ logger: Logger
  ) throws -> ServeSite {
    let options = local.cluster()
    let capacity = try LocalCapacity(
      model: model, weights: try checkpoint.footprint, cache: workload.completing(cache),
      sequences: workload.completing(sequences), running: scheduling.maxRunningRequests, policy: policy,
      workload: workload.workload, workers: options.resources())
    let workers = try LocalWorkers(plan: capacity.plan, options: options, weightsCache: weights.folder) {
      logger.warning("worker", metadata: ["event": "\($0)"])
    }
    return ServeSite(
      configuration: ClusterConfiguration(
        model: model, checkpoint: try described(checkpoint, model),
        network: .init(control: workers.control, results: workers.results), demand: capacity.demand,
        workerCount: capacity.plan.stages.count, awaitsOthers: false, build: BuildInfo.version),
      local: .init(
        workers: workers, plan: capacity.plan, byteCount: options.memoryByteCount * capacity.plan.stages.count))
  }

  private func remoteSite(
    _ checkpoint: Checkpoint, _ model: ModelConfiguration, policy: PolicyRequest, _ logger: Logger
  ) throws -> ServeSite {
    let count = workers ?? 2
    try ProcessNeeds.coordinator(workerCount: count).require()
    let folder = try cluster.map { try ClusterFolder(path: $0) }
    let (control, results) = try endpoints(folder)
    var described = try described(checkpoint, model)
    described.published = try shared(checkpoint, logger)
    let context = workload.completing(cache).plannedContext(trainedLength: model.trainedLength, policy: policy)
    return ServeSite(
      configuration: ClusterConfiguration(
        model: model, checkpoint: described,
        network: .init(
          control: control, results: results,
          keys: try folder.map { try Self.keys($0, logger) }, allowsInsecureRemote: insecure),
        demand: cache.demand(
          contextLength: context, sequenceCount: workload.completing(sequences) ?? 4, policy: policy,
          workload: workload.workload),
        workerCount: count, build: BuildInfo.version))
  }

  private func described(_ checkpoint: Checkpoint, _ model: ModelConfiguration) throws
    -> ClusterConfiguration.Checkpoint
  {
    ClusterConfiguration.Checkpoint(
      modelID: model.name, paths: [try ModelPath.absolute(try self.model.path())],
      fingerprint: checkpoint.versionFingerprint, footprint: try checkpoint.footprint, rope: checkpoint.rope)
  }

  /// The model as workers download it. Its manifest is made, or read from the cache, while they register.
  private func shared(_ checkpoint: Checkpoint, _ logger: Logger) throws -> PublishedModel {
    let shared = try PublishedModel(checkpoint.modelContents, cache: weights.cache) { note in
      logger.info("weights", metadata: ["event": "\(note)"])
    }
    shared.prepare(threadCount: max(1, Host.coreCount / 2))
    return shared
  }

  private static func keys(_ folder: ClusterFolder, _ logger: Logger) throws -> CoordinatorKeys {
    let workers = try WatchedAllowList(folder: folder) { error in
      logger.warning("cannot reload the list of workers", metadata: ["reason": "\(error)"])
    }
    return CoordinatorKeys(own: folder.coordinator.pair) { workers.name(of: $0) }
  }

  /// Where workers and results arrive, and not where the API listens.
  private func endpoints(_ folder: ClusterFolder?) throws -> (control: Endpoint, results: Endpoint) {
    let address = try api.address()
    let control =
      try listen.map { try Endpoint($0) } ?? folder?.coordinator.coordinator
      ?? Endpoint("tcp://127.0.0.1:7070")
    let results = try results.map { try Endpoint($0) } ?? Self.resultEndpoint(control, besides: address)
    guard control != results || control.hasOpenPort else {
      throw CommandFailure(.usage, "--listen and --results are both \(control); choose another for one of them")
    }
    for (option, endpoint) in [("--listen", control), ("--results", results)] where address.collides(with: endpoint) {
      throw CommandFailure(
        .usage, "--http \(api.http) and \(option) \(endpoint) are the same port; choose another for one of them")
    }
    return (control, results)
  }

  /// Next to the control endpoint, so that one firewall rule covers both, or the port after that where the API has it.
  static func resultEndpoint(_ control: Endpoint, besides api: HTTPAddress) throws -> Endpoint {
    switch control.address {
    case .tcp(let host, let port):
      func above(_ count: UInt16) throws -> Endpoint {
        let (next, overflow) = port.addingReportingOverflow(count)
        return try .tcp(host: host, port: port == 0 || overflow ? 0 : next)
      }
      let next = try above(1)
      return api.collides(with: next) ? try above(2) : next
    case .ipc(let path): return try Endpoint("ipc://\(path).results")
    case .inproc(let name): return try Endpoint("inproc://\(name)-results")
    }
  }

  /// Everything that can be refused before anything is opened to others.
  func checkCombinations() throws {
    _ = try api.settings(isInsecure: insecure)
    _ = try policy.settings()
    guard FileManager.default.isReadableFile(atPath: try model.path()) else {
      throw CommandFailure(.badConfiguration, "the model '\(try model.path())' cannot be read")
    }
    guard remoteOption != nil else {
      let options = local.cluster()
      return try options.memory?.requireWithinLimit(workerCount: options.workers) ?? ()
    }
    _ = try endpoints(try cluster.map { try ClusterFolder(path: $0) })
  }
}
