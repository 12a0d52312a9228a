import Cluster
import Core
import Fixtures
import Foundation
import Logging
import Tensors
import TestTraits
import Transport
import WeightDistribution
import Weights
import Worker

@testable import Coordinator

/// A coordinator and its workers in this process, over a small model of random weights. Each handles its events on a
/// thread of its own, so that none waits for the threads that other tests hold.
final class PlayedCluster {
  struct Answer: Equatable {
    var tokens: [TokenID] = []
    var finishReason: FinishReason?
  }

  /// When a worker is to be lost.
  enum Moment: CaseIterable {
    case inPrompt
    case inAnswer
  }

  static let stageCount = 3
  static let prompt = (0..<300).map { TokenID($0 * 7 % 250) }
  static let newTokenCount = 120

  let engine: ClusterEngine
  private let folder: ScratchFolder
  private let modelPath: String
  private let logByteCount: Int?
  private let diskByteCount: Int
  private var workers: [String: WorkerService] = [:]
  private var tasks: [Task<Void, Never>] = []

  /// - Parameters:
  ///   - logByteCount: of every worker's replay log; nil leaves it to the worker.
  ///   - diskByteCount: for what does not fit there.
  init(logByteCount: Int?, diskByteCount: Int = 0) throws {
    self.logByteCount = logByteCount
    self.diskByteCount = diskByteCount
    folder = try ScratchFolder()
    modelPath = folder.path("model.gguf")
    try RandomCheckpoint(shape: Self.shape, types: .one(.f32), seed: 5).write(to: modelPath) { _ in }
    let checkpoint = try Checkpoint(path: modelPath)
    engine = try ClusterEngine(
      configuration: ClusterConfiguration(
        model: try checkpoint.configuration,
        checkpoint: .init(
          modelID: "small", paths: [modelPath], fingerprint: checkpoint.versionFingerprint,
          footprint: WeightFootprint(
            layerByteCounts: Array(repeating: 1 << 20, count: 6), embeddingByteCount: 1, headByteCount: 1)),
        network: .init(
          control: try Endpoint("ipc://\(folder.path("c"))"), results: try Endpoint("ipc://\(folder.path("r"))")),
        // Grouped, so that rings of neighbor keys are cut and derived again, too.
        demand: KVDemand(
          elementType: .i16, contextLength: 512, sequenceCount: 2, chunkTokenCount: 16,
          policy: PolicyRequest(groupSize: 4, neighborWindow: 40)),
        workerCount: Self.stageCount, build: "test"), logger: Self.quiet)
  }

  private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private static let shape = ModelShape(
    name: "small", configuration: .small(layers: 6, hidden: 64, feedForward: 128))

  /// Starts the coordinator, a worker for every stage and a standby, and waits until they serve.
  func start() async throws {
    tasks.append(OwnThread.task { [engine] in await engine.run() })
    for _ in 0...Self.stageCount { try startWorker() }
    await settle()
  }

  /// Returns when every stage serves on a worker that was not lost, and the standby has registered, however long that
  /// takes: what a loss costs is its own until then.
  private func settle() async {
    for await _ in engine.readinessChanges {
      if await isSettled { return }
    }
  }

  private var isSettled: Bool {
    get async {
      let status = engine.status(stepsAfter: nil)
      let alive = Set(status.workers.filter { $0.state == "alive" }.map(\.name))
      let serving = status.plan?.stages.map(\.worker) ?? []
      return await engine.readiness() == .ready && alive == Set(workers.keys) && serving.count == Self.stageCount
        && alive.isSuperset(of: serving)
    }
  }

  private func startWorker() throws {
    let name = "w\(tasks.count)"
    let worker = WorkerService(
      configuration: WorkerConfiguration(
        name: name, build: "test",
        network: .init(coordinator: engine.controlEndpoint, data: try Endpoint("ipc://\(folder.path(name))")),
        compute: .init(threadCount: 1),
        memory: .init(byteCount: 1 << 30, replayLogByteCount: logByteCount, replayDiskByteCount: diskByteCount),
        checkpoints: CheckpointSettings(modelPath: modelPath, cache: BlobStore(folder: folder.path("cache")))),
      logger: Self.quiet)
    workers[name] = worker
    // One that fails is missed by the test.
    tasks.append(OwnThread.task { try? await worker.run() })
  }

  /// Answers a request; loses the worker of a stage when the moment comes, starts another one as a standby, and waits
  /// until the loss is made good.
  /// - Parameter spoil: called just before the loss.
  func answer(
    seed: UInt64?, losing loss: (stage: Int, at: Moment)? = nil, spoil: () throws -> Void = {}
  ) async throws -> Answer {
    var request = GenerationRequest(prompt: Self.prompt, maximumNewTokens: Self.newTokenCount)
    request.sampling = .greedy
    if let seed {
      request.sampling.temperature = 0.9
      request.sampling.seed = seed
      request.sampling.frequencyPenalty = 0.4
      request.sampling.repetitionPenalty = 1.1
    }
    var answer = Answer()
    var pending = loss
    for try await event in try await engine.generate(request) {
      switch event {
      case .prefillProgress(let done, let total):
        if done >= total / 2, let now = pending, now.at == .inPrompt {
          pending = nil
          try spoil()
          try lose(now.stage)
        }
      case .token(let token, _, _):
        answer.tokens.append(token)
        if answer.tokens.count == 4, let now = pending, now.at == .inAnswer {
          pending = nil
          try spoil()
          try lose(now.stage)
        }
      case .finished(let reason, _): answer.finishReason = reason
      default: break
      }
    }
    if loss != nil { await settle() }
    return answer
  }

  /// Overwrites what the workers' replay logs have on disk; returns in how many files.
  func spoilSpilledLogs() throws -> Int {
    var count = 0
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
      let path = "/proc/self/fd/\(name)"
      // They have no names, but the system tells where they were made.
      guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path),
        target.hasPrefix(folder.path("cache/replay-"))
      else { continue }
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      let byteCount = try file.seekToEnd()
      try file.seek(toOffset: 0)
      try file.write(contentsOf: Data(repeating: 0x2A, count: Int(byteCount)))
      try file.close()
      count += 1
    }
    return count
  }

  private func lose(_ stage: Int) throws {
    guard let name = engine.plan?.stages[stage].worker else { return }
    workers.removeValue(forKey: name)?.stop(reason: "the test ends it")
    try startWorker()
  }

  /// Rows that each stage has computed.
  var rows: [Int] { engine.stageTotals.map(\.rowCount) }

  func end() async {
    engine.stop(reason: "the test is over")
    for worker in workers.values { worker.stop(reason: "the test is over") }
    for task in tasks { await task.value }
  }
}
