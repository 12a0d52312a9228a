import ArgumentParser
import Credentials
import Foundation
import Inference
import Logging
import Provisioning
import Transport
import Worker

/// `longhaul worker`: one worker process; joins a coordinator, loads its layers, serves.
struct WorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Joins a coordinator, loads the layers it is given, and serves them.")

  @Option(help: "This worker's key file, which 'longhaul join' writes. Needed beyond loopback.")
  var keys: String?

  @Option(
    help: """
      Where the coordinator takes registrations, for example tcp://10.0.0.1:7070. Default: as the key file says.
      """)
  var coordinator: String?

  @Option(
    help: """
      This worker's name, unique in the cluster. Default: the key file's, or the host's name and the process id.
      """)
  var name: String?

  @Option(help: "Compute threads. Default: the processors.")
  var threads: Int?

  @OptionGroup var placement: PlacementOptions

  @Option(help: "Memory for weights and cache, for example 12GiB. Default: the free memory.")
  var memory: ByteSize?

  @Option(
    help: """
      Memory for what was sent to the next stage, so that a lost worker's layers can be rebuilt without the others \
      computing, for example 2GiB; 0 keeps none. Default: a quarter of --memory. Never more than half of what weights \
      and cache leave of it.
      """)
  var replayLog: ByteSize?

  @Option(
    help: """
      Disk, in the folder of --cache, for what does not fit in --replay-log; 0 uses none. Default: 8GiB, or a quarter \
      of what the disk has to spare.
      """)
  var replayDisk: ByteSize?

  @Option(help: "Speed against other workers, for the planner. Default: the number of threads.")
  var speed: Double?

  @Option(
    help: """
      Where the previous stage's frames are taken, as other workers reach it: tcp://THIS-HOST:PORT. Default: any port \
      of the address that faces the coordinator.
      """)
  var data: String?

  @Option(
    help: """
      Where other workers take weights that this one has, as they reach it: tcp://THIS-HOST:PORT. 'none' keeps it from \
      giving any and from asking them. Default: any port of --data's address.
      """)
  var share: String?

  @Option(
    help: """
      This machine's copy of the model, when it lies elsewhere than on the coordinator's. What it lacks, the worker \
      takes from other workers and from the coordinator.
      """)
  var model: String?

  @OptionGroup var weights: WeightCacheOptions

  @Option(
    help: """
      What the cache is to keep to, for example 40GiB; what was used longest ago goes first. Default: no limit.
      """)
  var cacheLimit: ByteSize?

  @Option(help: "Seconds to wait for a coordinator that has gone, with the weights kept loaded.")
  var reconnectFor: Int = 600

  @Flag(help: "Allow sockets beyond loopback without keys: traffic is then neither encrypted nor authenticated.")
  var insecure = false

  @Flag(help: "Print one JSON object each time layers have been loaded.")
  var json = false

  @Flag(help: "Log errors only.")
  var quiet = false

  @Flag(help: .hidden)
  var lifeline = false

  @Flag(name: .customLong("pack-first"), help: .hidden)
  var packsFirst = false

  func validate() throws {
    if let threads, !(1...256).contains(threads) { throw ValidationError("--threads must be between 1 and 256") }
    guard (0...86_400 * 365).contains(reconnectFor) else {
      throw ValidationError("--reconnect-for must be between 0 and a year's seconds")
    }
    if let speed, !(speed.isFinite && speed > 0) { throw ValidationError("--speed must be above 0") }
  }

  func run() async throws {
    let threadCount = threads ?? Host.processorCount
    let file = try keys.map { try KeyFile(path: $0) }
    let coordinator = try coordinatorEndpoint(file)
    let name = name ?? file?.name ?? "\(ProcessInfo.processInfo.hostName)-\(ProcessInfo.processInfo.processIdentifier)"
    let data = try dataEndpoint(coordinator)
    let service = WorkerService(
      configuration: WorkerConfiguration(
        coordinator: coordinator, name: name, threadCount: threadCount,
        placement: try placement.placement(worker: 0, of: 1, threadCount: threadCount),
        memoryByteCount: memory?.byteCount ?? Host.availableMemoryByteCount, replayLogByteCount: replayLog?.byteCount,
        replayDiskByteCount: replayDisk?.byteCount, relativeSpeed: speed ?? Double(threadCount),
        dataEndpoint: data, weightsEndpoint: try share.map { $0 == "none" ? nil : try Endpoint($0) } ?? data.forWeights,
        checkpoints: CheckpointSettings(
          modelPath: model, cache: weights.cache, cacheByteLimit: cacheLimit?.byteCount),
        packsFirst: packsFirst, reconnectSeconds: reconnectFor, allowsInsecureRemote: insecure,
        build: BuildInfo.version, keys: try workerKeys(file)),
      logger: ProgramLog.logger("worker", quiet: quiet)
    ) { [json] layers, weightByteCount, kvByteCount in
      guard json else { return }
      // A reader that has gone does not end the service.
      try? StandardOutput.json(
        StageLoaded(
          worker: name, layers: [layers.lower, layers.upper], weightBytes: weightByteCount, kvBytes: kvByteCount))
    }
    if lifeline { Lifeline.watch { service.stop(reason: "its parent process has gone") } }
    let signals = Interruption.signals()
    let watcher = Task {
      // The first asks to go when the cluster can do without it, the second to go at once.
      var isDraining = false
      for await _ in signals {
        isDraining ? service.stop(reason: "it was asked to stop") : service.drain(reason: "it was asked to stop")
        isDraining = true
      }
    }
    defer { watcher.cancel() }
    try await service.run()
  }
}

extension WorkerCommand {
  private func coordinatorEndpoint(_ file: KeyFile?) throws -> Endpoint {
    if let coordinator { return try Endpoint(coordinator) }
    guard let endpoint = file?.coordinator else {
      throw CommandFailure(.usage, "say where the coordinator is: --coordinator tcp://HOST:PORT, or --keys FILE")
    }
    return endpoint
  }

  private func workerKeys(_ file: KeyFile?) throws -> WorkerKeys? {
    guard let file, let keys else { return nil }
    guard let coordinator = file.coordinatorKey else {
      throw CommandFailure(
        .badConfiguration, "'\(keys)' is a coordinator's key file; a worker's comes from longhaul join")
    }
    return WorkerKeys(own: file.pair, coordinator: coordinator)
  }

  private func dataEndpoint(_ coordinator: Endpoint) throws -> Endpoint {
    if let data { return try Endpoint(data) }
    guard case .tcp(let host, _) = coordinator.address, !coordinator.isLoopback else {
      return try Endpoint("tcp://127.0.0.1:0")
    }
    guard let address = LocalAddress.facing(host: host) else {
      throw CommandFailure(.unavailable, "this machine has no way to \(coordinator); check its name and the network")
    }
    return try Endpoint(address.contains(":") ? "tcp://[\(address)]:0" : "tcp://\(address):0")
  }
}

extension Endpoint {
  /// Where a worker that takes frames here gives weights, unless it is told.
  fileprivate var forWeights: Endpoint? {
    switch address {
    case .tcp(let host, _): try? Endpoint(host.contains(":") ? "tcp://[\(host)]:0" : "tcp://\(host):0")
    case .ipc(let path): try? Endpoint("ipc://\(path).w")
    case .inproc: nil
    }
  }
}

/// What `worker --json` prints when its layers have been loaded; `layers` is a half-open pair.
private struct StageLoaded: Encodable {
  let worker: String
  let layers: [Int]
  let weightBytes: Int
  let kvBytes: Int
}

/// Standard input held open by a parent process: its end means that the parent has gone.
private enum Lifeline {
  static func watch(onEnd: @escaping @Sendable () -> Void) {
    let thread = Thread {
      var byte: UInt8 = 0
      while read(STDIN_FILENO, &byte, 1) > 0 || errno == EINTR {}
      onEnd()
      // The service leaves within a moment; a compute thread that does not must not keep the process.
      sleep(5)
      _exit(ExitStatus.unavailable.rawValue)
    }
    thread.name = "lifeline"
    thread.start()
  }
}
