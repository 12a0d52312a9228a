import ArgumentParser
import Cluster
import Coordinator
import Credentials
import Foundation
import Inference
import Logging
import OpenAIAPI
import Provisioning
import ServiceLifecycle
import Telemetry
import Tokenization
import Transport
import Weights

/// `longhaul serve`: the coordinator and the HTTP API.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Runs the coordinator: takes workers, plans layers over them, and answers OpenAI clients over HTTP.")

  @OptionGroup var model: ModelOptions

  @Option(
    help: """
      Where workers register: tcp://HOST:PORT as they reach it, or ipc://PATH. Default: the cluster's address, or \
      tcp://127.0.0.1:7070.
      """)
  var listen: String?

  @Option(help: "The folder with the cluster's keys, made by 'longhaul init'. Needed beyond loopback.")
  var cluster: String?

  @Option(help: "Where the last worker sends results. Default: the port after --listen's, or its path with .results.")
  var results: String?

  @OptionGroup var api: APIOptions

  @Option(help: "Workers to wait for before the layers are planned.")
  var workers: Int = 2

  @Option(help: "Sequences of the planned context held at once.")
  var sequences: Int = 4

  @OptionGroup var cache: CacheOptions
  @OptionGroup var policy: PolicyOptions
  @OptionGroup var weights: WeightCacheOptions

  @Flag(
    help: """
      Allow sockets on other interfaces than loopback without keys: cluster traffic is then neither encrypted nor \
      authenticated.
      """)
  var insecure = false

  @Flag(help: "Print one JSON object once the cluster serves: where, what, and which layers sit where.")
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
    var settings = try api.settings(isInsecure: insecure)
    let policies = try policy.settings()
    settings.policy = policies.request
    let checkpoint = try model.open()
    let configuration = policies.applied(to: try checkpoint.configuration)
    let tokenizerDescription = try checkpoint.tokenizer
    let logger = ProgramLog.logger("coordinator", quiet: quiet)
    let folder = try cluster.map { try ClusterFolder(path: $0) }
    let control =
      try listen.map { try Endpoint($0) } ?? folder?.coordinator.coordinator
      ?? Endpoint("tcp://127.0.0.1:7070")
    let context = cache.plannedContext(trainedLength: configuration.trainedLength, policy: policies.request)
    let metrics = MetricRegistry()
    if api.metrics { settings.metrics = { metrics.text } }
    let engine = try ClusterEngine(
      configuration: ClusterConfiguration(
        modelID: configuration.name, modelPaths: [URL(fileURLWithPath: try model.path()).path],
        modelFingerprint: checkpoint.fingerprint, model: configuration, footprint: try checkpoint.footprint,
        controlEndpoint: control, resultEndpoint: try results.map { try Endpoint($0) } ?? Self.resultEndpoint(control),
        workerCount: workers,
        demand: cache.demand(contextLength: context, sequenceCount: sequences, policy: policies.request),
        allowsInsecureRemote: insecure, build: BuildInfo.version, keys: try folder.map { try Self.keys($0, logger) },
        sharedModel: try shared(checkpoint, logger)),
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
    try await OrderlyEnd.run(ServiceGroup(configuration: group)) {
      engine.stop(reason: "the coordinator was asked to stop at once")
    }
  }

  /// The model as workers fetch it. Its manifest is made, or found, while they register.
  private func shared(_ checkpoint: Checkpoint, _ logger: Logger) throws -> SharedModel {
    let shared = try SharedModel(checkpoint.sharedContents, cache: weights.cache) { note in
      logger.info("weights", metadata: ["news": "\(note)"])
    }
    shared.prepare(threadCount: max(1, Host.processorCount / 2))
    return shared
  }

  private static func keys(_ folder: ClusterFolder, _ logger: Logger) throws -> CoordinatorKeys {
    let workers = try WatchedAllowList(folder: folder) { trouble in
      logger.warning("the list of workers was not read again", metadata: ["reason": "\(trouble)"])
    }
    return CoordinatorKeys(own: folder.coordinator.pair) { workers.name(of: $0) }
  }

  private func announcement(of engine: ClusterEngine, host: String) -> ServeAnnouncement {
    ServeAnnouncement { [json] port, plan in
      guard json else { return }
      let report = ServeAnnouncement.Report(
        model: engine.model.id, contextLength: engine.model.contextLength, httpHost: host, httpPort: port,
        listen: engine.controlEndpoint.description, plan: plan.stages.map(StageReport.init))
      // A reader that has gone does not end the service.
      try? StandardOutput.json(report)
    }
  }

  /// Beside the control endpoint, so that one rule of a firewall covers both.
  static func resultEndpoint(_ control: Endpoint) throws -> Endpoint {
    switch control.address {
    case .tcp(let host, let port):
      let host = host.contains(":") ? "[\(host)]" : host
      let (next, overflow) = port.addingReportingOverflow(1)
      return try Endpoint("tcp://\(host):\(port == 0 || overflow ? 0 : next)")
    case .ipc(let path): return try Endpoint("ipc://\(path).results")
    case .inproc(let name): return try Endpoint("inproc://\(name)-results")
    }
  }
}
