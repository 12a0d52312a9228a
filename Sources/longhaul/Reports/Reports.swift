import Cluster
import Inference

/// The JSON that commands print, in the words of the README. Keys are written in snake case.
struct PolicyReport: Encodable, Sendable {
  let groupSize: Int
  let neighborWindow: Int
  let trainedLength: Int

  init(_ policy: SelfExtendPolicy) {
    groupSize = policy.groupSize
    neighborWindow = policy.neighborWindow
    trainedLength = policy.trainedLength
  }
}

/// One worker's share of the model.
struct StageReport: Encodable, Sendable {
  let worker: String
  /// Half-open: first layer, and one past the last.
  let layers: [Int]
  let hasEmbedding: Bool
  let hasHead: Bool
  let weightBytes: Int
  let kvBytes: Int

  init(_ share: StageShare) {
    worker = share.worker
    layers = [share.layers.lower, share.layers.upper]
    hasEmbedding = share.hasEmbedding
    hasHead = share.hasHead
    weightBytes = share.weightByteCount
    kvBytes = share.kvByteCount
  }

  /// A line for people.
  var line: String {
    let parts = [hasEmbedding ? "embedding" : nil, "layers \(layers[0])..<\(layers[1])", hasHead ? "head" : nil]
    return "\(worker): \(parts.compactMap { $0 }.joined(separator: " + ")), weights "
      + "\(ByteText.of(weightBytes)), KV \(ByteText.of(kvBytes))"
  }
}

struct RunReport: Encodable, Sendable {
  struct Timings: Encodable, Sendable {
    let loadSeconds: Double
    let prefillSeconds: Double
    let prefillTokensPerSecond: Double
    let decodeSeconds: Double
    let decodeTokensPerSecond: Double
  }

  let model: String
  let text: String
  let tokens: [TokenID]
  let promptTokens: [TokenID]
  let finishReason: String
  let policy: PolicyReport
  let plan: [StageReport]
  let timings: Timings
}

struct PlanReport: Encodable {
  let model: String
  let contextLength: Int
  let stages: [StageReport]
  let reasons: [String]
}

extension RunReport.Timings {
  init(loadSeconds: Double, _ timings: GenerationTimings) {
    func rate(_ count: Int, _ seconds: Double) -> Double { seconds > 0 ? Double(count) / seconds : 0 }
    self.init(
      loadSeconds: loadSeconds, prefillSeconds: timings.prefillSeconds,
      prefillTokensPerSecond: rate(timings.promptTokenCount, timings.prefillSeconds),
      decodeSeconds: timings.decodeSeconds,
      // The first token belongs to the prompt's time.
      decodeTokensPerSecond: rate(max(0, timings.generatedTokenCount - 1), timings.decodeSeconds))
  }
}
