import Cluster
import Coordinator
import Foundation
import Core
import Tensors
import Transformer
import Weights

/// Runs a benchmark: starts its clusters one after the other and measures on each.
struct Bench: Sendable {
  let checkpoint: Checkpoint
  let path: String
  /// The policies to measure each case with, at least one.
  let policies: [PolicyRequest]
  /// Nil lets the scheduler choose.
  let chunkTokenCount: Int?
  let seed: UInt64
  let memory: ByteSize?
  let isQuiet: Bool

  func report(settings: [BenchReport.Setting]) throws -> BenchReport {
    BenchReport(
      model: try checkpoint.configuration.name,
      weightBytes: Self.byteCount(of: try checkpoint.footprint, model: try checkpoint.configuration),
      settings: settings)
  }

  func measure(_ setting: BenchSetting) async throws -> BenchReport.Setting {
    let limits = try MachineLimits.measure(
      threadCount: min(setting.threadTotal, Host.coreCount),
      byteCount: min(512 << 20, max(64 << 20, Host.availableMemoryByteCount / 8)))
    ProcessMemory.resetOwnPeak()
    let work = ModelWork(
      configuration: try checkpoint.configuration, footprint: try checkpoint.footprint,
      pageSize: CPUDevice.pageSize(of: setting.kvType))
    let demand = KVDemand(
      elementType: setting.kvType, attention: setting.attention, contextLength: setting.contextLength,
      sequenceCount: setting.sequenceCount, chunkTokenCount: chunkTokenCount ?? KVCacheOptions.automaticChunkTokenCount,
      adaptsChunks: chunkTokenCount == nil,
      // The policy with the largest group size needs the most pages.
      policy: policies.max { $0.groupSize ?? 1 < $1.groupSize ?? 1 } ?? PolicyRequest())
    let isQuiet = isQuiet
    return try await LocalCluster.run(
      checkpoint: checkpoint, modelPath: path, demand: demand, options: options(setting), packsFirst: true,
      isQuiet: isQuiet
    ) { cluster in
      let runner = BenchRunner(engine: cluster.engine, policies: policies, seed: seed)
      var results: [BenchReport.Result] = []
      var bar = ProgressBar("measuring", isWanted: !isQuiet, elsewhere: .lines)
      defer { bar.clear() }
      try await runner.warmUp()
      for (number, value) in setting.cases.enumerated() {
        bar.update(done: number, total: setting.cases.count)
        let outcomes = try await runner.measure(value, number: number + 1)
        for (index, outcome) in outcomes.enumerated() {
          results.append(
            BenchReport.Result(value, outcome, first: index > 0 ? outcomes[0] : nil, work: work, limits: limits))
        }
      }
      return report(setting, cluster, limits, results)
    }
  }

  private func report(
    _ setting: BenchSetting, _ cluster: LocalCluster, _ limits: MachineLimits, _ results: [BenchReport.Result]
  ) -> BenchReport.Setting {
    let stages = cluster.plan.stages
    return BenchReport.Setting(
      workers: setting.workerCount, threads: setting.threadCount, kvType: setting.kvType.rawValue,
      attention: setting.attention.rawValue, chunk: chunkTokenCount, plan: stages.map(StageReport.init),
      loadSeconds: cluster.loadSeconds,
      limits: BenchReport.Limits(limits), results: results,
      peakBytesCoordinator: ProcessMemory.peakByteCount(of: ProcessInfo.processInfo.processIdentifier),
      peakBytesWorkers: cluster.workerIdentifiers.map(ProcessMemory.peakByteCount),
      weightBytes: stages.reduce(0) { $0 + $1.weightByteCount }, kvBytes: stages.reduce(0) { $0 + $1.kvByteCount })
  }

  private func options(_ setting: BenchSetting) -> LocalClusterOptions {
    LocalClusterOptions(workers: setting.workerCount, threads: setting.threadCount, memory: memory)
  }

  private static func byteCount(of footprint: WeightFootprint, model: ModelConfiguration) -> Int {
    footprint.layerByteCount + footprint.headByteCount
      + (model.hasTiedHead ? 0 : footprint.embeddingByteCount)
  }
}
