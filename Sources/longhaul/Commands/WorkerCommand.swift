import ArgumentParser
import Cluster
import Credentials
import Foundation
import Core
import Logging
import OpenAIAPI
import WeightDistribution
import Transport
import Worker

/// `longhaul worker`: one worker process: registers with a coordinator, loads its layers and serves them.
struct WorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Registers with a coordinator, loads its assigned layers, and serves them.")

  @Option(help: "This worker's key file, written by 'longhaul join'. Required beyond loopback.")
  var keys: String?

  @Option(
    help: """
      Address of the coordinator, for example tcp://10.0.0.1:7070. Default: the address in the key file.
      """)
  var coordinator: String?

  @Flag(
    help: """
      Find the coordinator by multicast DNS, on the networks of this machine. It runs with --discover, too, and must \
      have the key that --keys names.
      """)
  var discover = false

  @Option(
    help: """
      This worker's name, unique in the cluster. Default: the name in the key file, or host name and process id.
      """)
  var name: String?

  @Option(help: "Compute threads. Default: the number of cores.")
  var threads: Int?

  @OptionGroup var placement: PlacementOptions

  @Option(help: "Memory for weights and KV cache, for example 12GiB. Default: the free memory.")
  var memory: ByteSize?

  @Option(
    help: """
      Memory for the replay log, for example 2GiB: hidden states sent to the next stage, from which a replacement \
      worker recomputes lost layers while other stages wait. 0 disables it. Default: a quarter of --memory. Limited to \
      half of the memory that weights and KV cache leave.
      """)
  var replayLog: ByteSize?

  @Option(
    help: """
      Disk space for what exceeds --replay-log, in the folder of --weights-cache; 0 disables it. Default: 8GiB, or a \
      quarter of the free disk space if that is less.
      """)
  var replayDisk: ByteSize?

  @Option(
    help: """
      Speed for the planner, in threads of the machine that the program was tuned on. Default: measured at the first \
      start, in a few seconds, and kept in the folder of --weights-cache.
      """)
  var speed: Double?

  @Flag(help: "Measure neither the speed, so that the planner counts threads, nor the links to other workers.")
  var noMeasure = false

  @Option(
    help: """
      Address for hidden states of the previous stage, as other workers reach it: tcp://THIS-HOST:PORT. Default: any \
      port of the address that routes to the coordinator.
      """)
  var data: String?

  @Option(
    help: """
      Address for other workers that download weights from this one, as they reach it: tcp://THIS-HOST:PORT. 'none' \
      neither serves weights to other workers nor downloads from them. Default: any port of --data's address.
      """)
  var share: String?

  @Option(
    help: """
      Path of a local copy of the model, if it differs from the coordinator's. The worker downloads missing parts \
      from other workers and the coordinator.
      """)
  var model: String?

  @OptionGroup var weights: WeightsCacheOptions

  @Option(
    help: """
      Size limit of the weights cache, for example 40GiB; evicts the least recently used files. Default: none.
      """)
  var cacheLimit: ByteSize?

  @Option(help: "Seconds to wait for a lost coordinator with weights loaded.")
  var reconnectFor: Int = 600

  @Flag(help: "Allow sockets beyond loopback without keys: traffic is then neither encrypted nor authenticated.")
  var insecure = false

  @Flag(help: "Print one JSON object each time layers are loaded.")
  var json = false

  @Option(
    help: """
      Address of a small HTTP server for probes: HOST:PORT. /live says whether the process works, /ready whether it \
      holds the layers it was assigned, /metrics has Prometheus' text. It needs no keys. Default: none.
      """)
  var http: String?

  @Option(
    help: """
      A YAML file with any of these options, named with underscores. Options, and variables such as LONGHAUL_THREADS, \
      override it.
      """)
  var config: String?

  @OptionGroup var log: LogOptions

  @Flag(help: .hidden)
  var lifeline = false

  @Flag(name: .customLong("pack-first"), help: .hidden)
  var packsFirst = false

  func validate() throws {
    if let threads, !(1...256).contains(threads) { throw ValidationError("--threads must be between 1 and 256") }
    guard (0...86_400 * 365).contains(reconnectFor) else {
      throw ValidationError("--reconnect-for must be between 0 and the seconds of a year")
    }
    if discover, keys == nil {
      throw ValidationError("--discover requires --keys: only a key tells coordinators apart")
    }
    if discover, coordinator != nil { throw ValidationError("--discover and --coordinator exclude each other") }
    if let speed, !(speed.isFinite && speed > 0) { throw ValidationError("--speed must be above 0") }
  }

  func run() async throws {
    try memory?.requireWithinLimit()
    let file = try keys.map { try KeyFile(path: $0) }
    let name = name ?? file?.name ?? "\(ProcessInfo.processInfo.hostName)-\(ProcessInfo.processInfo.processIdentifier)"
    guard Membership.isName(name) else {
      throw CommandFailure(
        .usage,
        "a worker's name has 1 to \(Membership.maximumNameByteCount) bytes and no control character; "
          + "\(name.debugDescription) has not: pass another --name")
    }
    let probes = try HTTPAddress(option: "--http", http)
    let logger = log.logger("worker", node: name)
    let configuration = try workerConfiguration(name, file, at: try coordinatorEndpoint(file, logger))
    try ProcessNeeds.worker(threadCount: configuration.compute.threadCount).require()
    let probe = WorkerProbe(name: name)
    // A worker of this program's own is the parent's affair.
    let supervisor = lifeline ? nil : Supervisor(environment: ProcessInfo.processInfo.environment)
    let service = WorkerService(
      configuration: configuration, logger: logger,
      onStatus: { status in
        probe.note(status)
        // A service manager waits for a start to end; that others start, too, is none of its units' affair.
        supervisor?.note(status.description, isReady: status.phase != .connecting)
      },
      onStageReady: { [json] layers, weightByteCount, kvByteCount in
        guard json else { return }
        // A closed pipe does not end the service.
        try? StandardOutput.json(
          WorkerReport(
            worker: name, layers: [layers.lower, layers.upper], weightBytes: weightByteCount, kvBytes: kvByteCount))
      })
    if lifeline { Lifeline.watch { service.stop(reason: "its parent process has exited") } }
    let signals = Interruption.signals()
    let watcher = Task { [lifeline] in
      // The first signal drains this worker, the second stops it at once. A terminal and some supervisors send theirs
      // to the parent as well, which then knows when its workers are to stop.
      var isDraining = false
      for await _ in signals where !lifeline {
        if !isDraining { supervisor?.noteStopping(within: .seconds(30)) }
        isDraining ? service.stop(reason: "it received a signal") : service.drain(reason: "it received a signal")
        isDraining = true
      }
    }
    defer { watcher.cancel() }
    try await Self.run(service, probes: probes.map { Self.server(at: $0, probe, logger) })
  }

  /// Until the service ends, or the probes cannot be served.
  private static func run(_ service: WorkerService, probes: ProbeServer?) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      if let probes { group.addTask { try await probes.run() } }
      group.addTask { try await service.run() }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private static func server(at address: HTTPAddress, _ probe: WorkerProbe, _ logger: Logger) -> ProbeServer {
    var silent = ProgramLog.logger("probes", quiet: true)
    // It calls its own end an error.
    silent.logLevel = .critical
    return ProbeServer(
      host: address.host, port: Int(address.port), answers: probe.answers, logger: silent
    ) { port in logger.info("http", metadata: ["port": "\(port)"]) }
  }

  private func workerConfiguration(
    _ name: String, _ file: KeyFile?, at coordinator: Endpoint
  ) throws -> WorkerConfiguration {
    let threadCount = threads ?? Host.coreCount
    let data = try dataEndpoint(coordinator)
    let placement = try placement.placement(worker: 0, of: 1, threadCount: threadCount)
    return WorkerConfiguration(
      name: name, build: BuildInfo.version,
      network: .init(
        coordinator: coordinator, data: data,
        weights: try share.map { $0 == "none" ? nil : try Endpoint($0) } ?? data.forWeights,
        measuresLinks: !noMeasure, allowsInsecureRemote: insecure, keys: try workerKeys(file)),
      compute: .init(
        threadCount: threadCount, placement: placement, speed: speed.map { StageSpeed(prefill: $0, decode: $0) },
        speedKey: noMeasure ? nil : HostSpeed.key(threadCount: threadCount, placement: placement),
        packsFirst: packsFirst),
      memory: .init(
        byteCount: memory?.byteCount ?? Host.availableMemoryByteCount, replayLogByteCount: replayLog?.byteCount,
        replayDiskByteCount: replayDisk?.byteCount),
      checkpoints: CheckpointSettings(
        modelPath: model, cache: weights.cache, cacheByteLimit: cacheLimit?.byteCount),
      reconnectSeconds: reconnectFor)
  }

  /// Everything that can be refused before anything is opened to others.
  func checkCombinations() throws {
    try memory?.requireWithinLimit()
    _ = try HTTPAddress(option: "--http", http)
    let file = try keys.map { try KeyFile(path: $0) }
    // Without either, the service's command line says where its coordinator is.
    if keys != nil || coordinator != nil { _ = try coordinatorEndpoint(file) }
    _ = try workerKeys(file)
    for endpoint in [data, share == "none" ? nil : share].compactMap({ $0 }) { _ = try Endpoint(endpoint) }
    _ = try placement.placement(worker: 0, of: 1, threadCount: threads ?? Host.coreCount)
    guard model.map({ FileManager.default.isReadableFile(atPath: $0) }) ?? true else {
      throw CommandFailure(.badConfiguration, "--model '\(model ?? "")' cannot be read")
    }
  }
}

extension WorkerCommand {
  /// Where the coordinator is. Looks for it where that is asked for, for as long as a lost one is waited for.
  private func coordinatorEndpoint(_ file: KeyFile?, _ logger: Logger) throws -> Endpoint {
    guard discover else { return try coordinatorEndpoint(file) }
    guard let key = file?.coordinatorKey else { return try coordinatorEndpoint(file) }
    let search = CoordinatorSearch(coordinator: CoordinatorService(key: key), limit: .seconds(reconnectFor))
    do {
      let endpoint = try search.endpoint {
        logger.warning("no coordinator answers by multicast DNS; the worker asks again")
      }
      logger.info("found the coordinator", metadata: ["endpoint": "\(endpoint)"])
      return endpoint
    } catch let error as MulticastSocket.Failure {
      throw CommandFailure(.unavailable, "--discover: \(error)")
    }
  }

  private func coordinatorEndpoint(_ file: KeyFile?) throws -> Endpoint {
    if let coordinator { return try Endpoint(coordinator) }
    guard let endpoint = file?.coordinator else {
      throw CommandFailure(.usage, "pass the coordinator's address with --coordinator tcp://HOST:PORT or --keys FILE")
    }
    return endpoint
  }

  private func workerKeys(_ file: KeyFile?) throws -> WorkerKeys? {
    guard let file, let keys else { return nil }
    guard let coordinator = file.coordinatorKey else {
      throw CommandFailure(
        .badConfiguration, "'\(keys)' is a coordinator's key file; create a worker's with 'longhaul join'")
    }
    return WorkerKeys(own: file.pair, coordinator: coordinator)
  }

  private func dataEndpoint(_ coordinator: Endpoint) throws -> Endpoint {
    if let data { return try Endpoint(data) }
    guard case .tcp(let host, _) = coordinator.address, !coordinator.isLoopback else {
      return try Endpoint("tcp://127.0.0.1:0")
    }
    guard let address = LocalAddress.facing(host: host) else {
      throw CommandFailure(.unavailable, "this machine has no route to \(coordinator); check its name and the network")
    }
    return try .tcp(host: address, port: 0)
  }
}

extension Endpoint {
  /// The default address for downloads of weights, beside that for hidden states.
  fileprivate var forWeights: Endpoint? {
    switch address {
    case .tcp(let host, _): try? .tcp(host: host, port: 0)
    case .ipc(let path): try? Endpoint("ipc://\(path).w")
    case .inproc: nil
    }
  }
}
