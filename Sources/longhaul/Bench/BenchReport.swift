import Foundation
import Inference
import Tensors

/// What `bench --json` prints. Keys are written in snake case.
struct BenchReport: Encodable, Sendable {
  struct Limits: Encodable, Sendable {
    let threads: Int
    let readGBPerSecond: Double
    let f32GflopPerSecond: Double
    let int8GopPerSecond: Double

    init(_ limits: MachineLimits) {
      threads = limits.threadCount
      readGBPerSecond = limits.readBytesPerSecond * 1e-9
      f32GflopPerSecond = limits.floatOperationsPerSecond * 1e-9
      int8GopPerSecond = limits.int8OperationsPerSecond * 1e-9
    }
  }

  struct Result: Encodable, Sendable {
    /// `prefill` or `decode`.
    let test: String
    /// Prompt tokens read, or tokens drawn for each sequence in one sample.
    let tokens: Int
    let depth: Int
    let batch: Int
    let policy: PolicyReport
    /// Tokens a second, all sequences together: the median, and every sample in ascending order.
    let tokensPerSecond: Double
    let samples: [Double]
    let spread: Double
    /// Of prefill.
    let gflopPerSecond: Double?
    let shareOfF32: Double?
    let shareOfInt8: Double?
    /// Of decode.
    let gbPerSecond: Double?
    let shareOfMemory: Double?
  }

  struct Setting: Encodable, Sendable {
    let workers: Int
    let threads: Int
    let kvType: String
    let chunk: Int
    let plan: [StageReport]
    let loadSeconds: Double
    let limits: Limits
    let results: [Result]
    let peakBytesCoordinator: Int?
    let peakBytesWorkers: [Int?]
    let weightBytes: Int
    let kvBytes: Int
  }

  let model: String
  let weightBytes: Int
  let settings: [Setting]
}

extension BenchReport.Result {
  init(
    _ value: BenchCase, _ outcome: BenchRunner.Outcome, work: ModelWork, stageCount: Int, limits: MachineLimits
  ) {
    depth = value.depth
    batch = value.batch
    policy = PolicyReport(outcome.policy)
    tokensPerSecond = outcome.rates.median
    samples = outcome.rates.values
    spread = outcome.rates.spread
    switch value.kind {
    case .prefill(let count):
      (test, tokens) = ("prefill", count)
      let rate = work.prefillOperationCount(count: count, depth: value.depth) * outcome.rates.median / Double(count)
      gflopPerSecond = rate * 1e-9
      shareOfF32 = rate / limits.floatOperationsPerSecond
      shareOfInt8 = work.hasIntegerWeights ? rate / limits.int8OperationsPerSecond : nil
      (gbPerSecond, shareOfMemory) = (nil, nil)
    case .decode(let count, let batch):
      (test, tokens) = ("decode", count)
      // Every stage has its own step's share of the sequences at any time.
      let byteCount = work.decodeByteCount(batch: batch, depth: value.depth, steps: min(batch, stageCount))
      let rate = byteCount * outcome.rates.median / Double(batch)
      gbPerSecond = rate * 1e-9
      shareOfMemory = rate / limits.readBytesPerSecond
      (gflopPerSecond, shareOfF32, shareOfInt8) = (nil, nil, nil)
    }
  }
}
