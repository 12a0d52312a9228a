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
    /// How much longer it takes than with the first of several group sizes; absent for that one.
    let timeOverFirst: Double?
    /// Of prefill.
    let gflopPerSecond: Double?
    let shareOfF32: Double?
    let shareOfInt8: Double?
    /// How long parts of the last prompt took from its beginning, where it was read by itself.
    let reached: [Milestone]
    /// Of decode.
    let gbPerSecond: Double?
    let shareOfMemory: Double?
    /// In pipeline order.
    let stages: [StageShares]
  }

  /// Where a stage's compute thread spent the time of a measurement, as shares of it.
  struct StageShares: Encodable, Sendable {
    let compute: Double
    /// Nothing to do: another stage was slower, or the frame was on its way.
    let wait: Double
    /// Reading and making frames.
    let transfer: Double
    let steps: Int
    let sentBytes: Double

    init(_ totals: StageTotals) {
      let seconds = max(totals.seconds, 1e-9)
      compute = totals.computeSeconds / seconds
      wait = totals.waitSeconds / seconds
      transfer = totals.transferSeconds / seconds
      steps = totals.stepCount
      sentBytes = totals.sentByteCount
    }
  }

  struct Setting: Encodable, Sendable {
    let workers: Int
    let threads: Int
    let kvType: String
    /// Absent where the scheduler chose.
    let chunk: Int?
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
    _ value: BenchCase, _ outcome: BenchRunner.Outcome, first: BenchRunner.Outcome?, work: ModelWork,
    limits: MachineLimits
  ) {
    timeOverFirst = first.map { $0.rates.median / outcome.rates.median }
    stages = outcome.stages.map(BenchReport.StageShares.init)
    depth = value.depth
    batch = value.batch
    policy = PolicyReport(outcome.policy)
    tokensPerSecond = outcome.rates.median
    samples = outcome.rates.values
    reached = outcome.milestones
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
      // Each step reads all weights once, for as many sequences as it carries.
      let tokenCount = Double(max(1, count * batch * value.repeatCount))
      let stepsPerToken = Double(outcome.stages.last?.stepCount ?? 0) / tokenCount
      let rate =
        work.decodeByteCount(stepsPerToken: stepsPerToken, depth: value.depth) * outcome.rates.median
      gbPerSecond = rate * 1e-9
      shareOfMemory = rate / limits.readBytesPerSecond
      (gflopPerSecond, shareOfF32, shareOfInt8) = (nil, nil, nil)
    }
  }
}
