import ArgumentParser
import Cluster
import Coordinator
import Credentials
import Foundation
import Core
import Logging
import OpenAIAPI
import WeightDistribution
import Worker
import ServiceLifecycle
import Telemetry
import Tokenization
import Transport
import Weights

/// `longhaul serve`: the coordinator and the HTTP API.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Runs the coordinator: registers workers, assigns layers to them, and serves the OpenAI API over HTTP.")

  @OptionGroup var model: ModelOptions

  @Option(
    help: """
      Address for workers: tcp://HOST:PORT as workers reach it, or ipc://PATH. Default: the cluster's address, or \
      tcp://127.0.0.1:7070.
      """)
  var listen: String?

  @Option(help: "Folder of the cluster's keys, created by 'longhaul init'. Required beyond loopback.")
  var cluster: String?

  @Option(
    help: """
      Address for results of the last worker. Default: the port after --listen's, or the one after that where the API \
      has it; for a path, the path with .results.
      """)
  var results: String?

  @OptionGroup var api: APIOptions

  @Option(help: "Workers to wait for before assigning layers.")
  var workers: Int = 2

  @Option(help: "Maximum concurrent sequences of the planned context length.")
  var sequences: Int = 4

  @OptionGroup var cache: KVCacheOptions
  @OptionGroup var policy: PolicyOptions
  @OptionGroup var weights: WeightsCacheOptions

  @Flag(
    help: """
      Allow sockets beyond loopback without keys: cluster traffic is then neither encrypted nor authenticated.
      """)
  var insecure = false

  @Flag(help: "Print one JSON object when the cluster is ready: model, addresses and plan.")
  var json = false

  @Flag(help: "Log errors only.")
  var quiet = false

  func validate() throws {
    guard (1...Limits.maximumWorkerCount).contains(workers) else {
      throw ValidationError("--workers must be between 1 and \(Limits.maximumWorkerCount)")
    }
    guard (1...Limits.maximumStepEntryCount).contains(sequences) else {
      throw ValidationError("--sequences must be between 1 and \(Limits.maximumStepEntryCount)")
    }
  }

  func run() async throws {
    try ProcessNeeds.coordinator(workerCount: workers).require()
    var settings = try api.settings(isInsecure: insecure)
    let policies = try policy.settings()
    settings.policy = policies.request
    let path = try ModelPath.absolute(try model.path())
    let checkpoint = try model.open()
    let configuration = policies.applied(to: try checkpoint.configuration)
    let tokenizerDescription = try ModelOptions.tokenizer(of: checkpoint)
    let logger = ProgramLog.logger("coordinator", quiet: quiet)
    let folder = try cluster.map { try ClusterFolder(path: $0) }
    let (control, results) = try endpoints(folder)
    let context = cache.plannedContext(trainedLength: configuration.trainedLength, policy: policies.request)
    let metrics = MetricRegistry()
    if api.metrics { settings.metrics = { metrics.text } }
    let engine = try ClusterEngine(
      configuration: ClusterConfiguration(
        model: configuration,
        checkpoint: .init(
          modelID: configuration.name, paths: [path],
          fingerprint: checkpoint.versionFingerprint, footprint: try checkpoint.footprint,
          published: try shared(checkpoint, logger)),
        network: .init(
          control: control, results: results,
          keys: try folder.map { try Self.keys($0, logger) }, allowsInsecureRemote: insecure),
        demand: cache.demand(contextLength: context, sequenceCount: sequences, policy: policies.request),
        workerCount: workers, build: BuildInfo.version),
      logger: logger, metrics: metrics)
    let announcement = announcement(of: engine, host: settings.host)
    let server = OpenAIServer(
      engine: engine, codec: try ModelTextCodec(tokenizerDescription, now: { .localNow }), settings: settings,
      logger: logger
    ) { port in
      logger.info("http", metadata: ["port": "\(port)"])
      announcement.listening(port: port)
    }
    logger.info(
      "waiting for workers",
      metadata: ["endpoint": "\(engine.controlEndpoint)", "workers": "\(workers)", "context": "\(context)"])
    var group = ServiceGroupConfiguration(
      services: [
        EngineService(engine: engine, announcement: announcement, logger: logger), APIService(server: server),
      ],
      logger: ProgramLog.logger("services", quiet: true))
    group.maximumCancellationDuration = .seconds(5)
    try await GracefulShutdown.run(ServiceGroup(configuration: group)) {
      engine.stop(reason: "the coordinator is stopping")
    }
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

  private func announcement(of engine: ClusterEngine, host: String) -> ServeAnnouncement {
    ServeAnnouncement { [json] port, plan in
      guard json else { return }
      let report = ServeReport(
        model: engine.model.id, contextLength: engine.model.contextLength, httpHost: host, httpPort: port,
        listen: engine.controlEndpoint.description, plan: plan.stages.map(StageReport.init))
      // A closed pipe does not end the service.
      try? StandardOutput.json(report)
    }
  }

  /// Where workers and results arrive, and not where the API listens.
  private func endpoints(_ folder: ClusterFolder?) throws -> (control: Endpoint, results: Endpoint) {
    let address = try api.address()
    let control =
      try listen.map { try Endpoint($0) } ?? folder?.coordinator.coordinator
      ?? Endpoint("tcp://127.0.0.1:7070")
    let results = try results.map { try Endpoint($0) } ?? Self.resultEndpoint(control, besides: address)
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
}
