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
    abstract: "Serves a model over HTTP, with the OpenAI API: on this machine, or over workers of several.",
    discussion: """
      Alone it starts its own workers on this machine, takes as much context and as many sequences as memory admits, \
      and stops them with itself. With --listen, --cluster, --results or --workers it waits for workers that are \
      started by 'longhaul worker', assigns layers to them, and starts none.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var template: ChatTemplateOptions

  @Option(
    help: """
      Address for workers: tcp://HOST:PORT as workers reach it, or ipc://PATH. Default: the cluster's address, or \
      tcp://127.0.0.1:7070.
      """)
  var listen: String?

  @Option(help: "Folder of the cluster's keys, created by 'longhaul init'. Required beyond loopback.")
  var cluster: String?

  @Flag(
    help: """
      Answer workers that look for this coordinator by multicast DNS ('longhaul worker --discover'). Requires \
      --cluster: a key proves to them which coordinator it is.
      """)
  var discover = false

  @Option(
    help: """
      Address for results of the last worker. Default: the port after --listen's, or the one after that where the API \
      has it; for a path, the path with .results.
      """)
  var results: String?

  @OptionGroup var api: APIOptions

  @Option(help: "Workers to wait for before assigning layers. Default: 2, where workers come by themselves.")
  var workers: Int?

  @Option(
    help: """
      Maximum concurrent sequences of the planned context length. Default: what memory admits, at most 16; 4 where \
      workers come by themselves.
      """)
  var sequences: Int?

  @OptionGroup var local: LocalWorkersOptions

  @OptionGroup var cache: KVCacheOptions
  @OptionGroup var workload: WorkloadOptions
  @OptionGroup var scheduling: SchedulingOptions
  @OptionGroup var policy: PolicyOptions
  @OptionGroup var weights: WeightsCacheOptions

  @Flag(
    help: """
      Allow sockets beyond loopback without keys: cluster traffic is then neither encrypted nor authenticated.
      """)
  var insecure = false

  @Flag(help: "Print one JSON object when the cluster is ready: model, addresses and plan.")
  var json = false

  @Option(
    help: "Seconds that running requests may take to finish after a stop signal; a second signal ends them at once.")
  var drainTimeout = 30

  @OptionGroup var tracing: TracingOptions
  @OptionGroup var log: LogOptions

  func validate() throws {
    if let workers, !(1...Limits.maximumWorkerCount).contains(workers) {
      throw ValidationError("--workers must be between 1 and \(Limits.maximumWorkerCount)")
    }
    if let sequences, !(1...Limits.maximumStepEntryCount).contains(sequences) {
      throw ValidationError("--sequences must be between 1 and \(Limits.maximumStepEntryCount)")
    }
    guard (0...86_400).contains(drainTimeout) else {
      throw ValidationError("--drain-timeout must be between 0 and 86400")
    }
    if discover, cluster == nil {
      throw ValidationError("--discover requires --cluster: only a key tells coordinators apart")
    }
    try scheduling.validate(chunk: cache.chunk)
    try workload.check(context: cache.context, sequences: sequences)
    if let remoteOption, let given = local.given {
      throw ValidationError(
        "\(given) is for workers that the server starts, and \(remoteOption) for workers that come by themselves; "
          + "leave one out")
    }
  }

  /// The first option that says that workers come by themselves; nil starts local ones.
  var remoteOption: String? {
    let given = [("--listen", listen), ("--cluster", cluster), ("--results", results)].first { $0.1 != nil }
    return given?.0 ?? (workers == nil ? nil : "--workers")
  }

  func run() async throws {
    try await serving().run(drainTimeout: .seconds(drainTimeout))
  }

  /// Makes all that runs, and starts nothing of it.
  private func serving() throws -> Serving {
    var settings = try api.settings(isInsecure: insecure)
    try identify(&settings)
    let collector = try tracing.collector()
    let policies = try policy.settings()
    settings.policy = policies.request
    let checkpoint = try model.open(rope: policies.rope)
    let configuration = policies.applied(to: try checkpoint.configuration)
    var tokenizerDescription = try checkpoint.tokenizer
    try template.apply(to: &tokenizerDescription)
    let logger = log.logger("coordinator")
    for warning in tokenizerDescription.warnings { logger.warning("\(warning)") }
    settings.sampling = sampling(checkpoint.samplingDefaults, over: settings.sampling, logger)
    let metrics = MetricRegistry()
    if api.metrics { settings.metrics = { metrics.text + metrics.llamaServerText } }
    var site = try site(checkpoint, configuration, policy: policies.request, logger)
    var isMade = false
    defer { if !isMade { site.local?.workers.removeFolder() } }
    scheduling.apply(to: &site.configuration)
    let engine = try ClusterEngine(configuration: site.configuration, logger: logger, metrics: metrics)
    settings.cluster = { engine.status(stepsAfter: $0) }
    settings.trace = { engine.trace(of: $0, key: $1) }
    settings.load = { engine.load }
    let supervisor = Supervisor(environment: ProcessInfo.processInfo.environment)
    let announcement = announcement(of: engine, host: settings.host)
    let codec = try ModelTextCodec(tokenizerDescription, now: { .localNow })
    if let error = codec.templateError {
      logger.warning(
        "chats are refused, since the chat template cannot be read; pass another with --chat-template",
        metadata: ["reason": "\(error)"])
    }
    let server = OpenAIServer(engine: engine, codec: codec, settings: settings, logger: logger) { port in
      logger.info("http", metadata: ["port": "\(port)"])
      announcement.listening(port: port)
    }
    site.announce(at: engine.controlEndpoint, logger)
    let discovery =
      discover
      ? try site.configuration.network.keys.map { try DiscoveryService($0.own.publicKey, at: engine.controlEndpoint) }
      : nil
    // Services stop in reverse: the first sends the traces of what ends while the others stop.
    let services: [(any Service)?] = [
      collector.map { TracingService(engine: engine, collector: $0, logger: logger) },
      EngineService(
        engine: engine, workers: site.local?.workers, announcement: announcement, supervisor: supervisor,
        logger: logger),
      APIService(server: server),
      settings.certificate.map { CertificateService(certificate: $0, logger: logger) },
      discovery,
    ]
    var group = ServiceGroupConfiguration(
      services: services.compactMap { $0 }, logger: ProgramLog.logger("services", quiet: true))
    group.maximumCancellationDuration = .seconds(5)
    isMade = true
    return Serving(
      engine: engine, group: ServiceGroup(configuration: group), supervisor: supervisor, workers: site.local?.workers)
  }

  /// What applies where a request says nothing: what the model recommends, else the server's own.
  private func sampling(
    _ recommended: SamplingDefaults, over own: SamplingParameters, _ logger: Logger
  ) -> SamplingParameters {
    if !recommended.description.isEmpty {
      logger.info("sampling where a request says nothing", metadata: ["defaults": "\(recommended)"])
    }
    for warning in recommended.warnings { logger.warning("\(warning)") }
    return recommended.applied(to: own)
  }

  /// What answers say of model and program.
  private func identify(_ settings: inout APISettings) throws {
    settings.modelFileName = URL(fileURLWithPath: try model.path()).lastPathComponent
    settings.version = BuildInfo.version
    let arithmetic = cache.attention == .exact ? "" : "-\(cache.attention.rawValue)"
    let rope = try policy.settings().rope.map { "-\($0)" } ?? ""
    settings.fingerprint = "b\(BuildInfo.version)-longhaul\(arithmetic)\(rope)"
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
}
