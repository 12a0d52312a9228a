import Foundation
import Core
import Tensors

/// What `bench --json` prints.
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
    /// Prompt tokens, or decoded tokens per sequence in one sample.
    let tokens: Int
    let depth: Int
    let batch: Int
    let policy: PolicyReport
    /// Tokens per second of all sequences together: the median, and all samples in ascending order.
    let tokensPerSecond: Double
    let samples: [Double]
    let spread: Double
    /// Time relative to the first of several group sizes; absent for the first.
    let timeOverFirst: Double?
    /// For prefill.
    let gflopPerSecond: Double?
    let shareOfF32: Double?
    let shareOfInt8: Double?
    /// Seconds from the start of the last prompt to its milestones, when it was prefilled alone.
    let reached: [Milestone]
    /// For decode.
    let gbPerSecond: Double?
    let shareOfMemory: Double?
    /// In pipeline order.
    let stages: [StagePlacements]
  }

  /// Shares of a measurement's time that a stage's compute thread spent on each activity.
  struct StagePlacements: Encodable, Sendable {
    let compute: Double
    /// Idle: another stage was slower, or a frame was in transit.
    let wait: Double
    /// Decoding and encoding frames.
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
    let attention: String
    /// Absent when the scheduler chose.
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
    stages = outcome.stages.map(BenchReport.StagePlacements.init)
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
      // Each step reads all weights once for all its sequences.
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
