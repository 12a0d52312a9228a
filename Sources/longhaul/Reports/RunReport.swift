import Core

/// What `run --json` prints.
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

extension RunReport.Timings {
  init(loadSeconds: Double, _ timings: GenerationTimings) {
    func rate(_ count: Int, _ seconds: Double) -> Double { seconds > 0 ? Double(count) / seconds : 0 }
    self.init(
      loadSeconds: loadSeconds, prefillSeconds: timings.prefillSeconds,
      prefillTokensPerSecond: rate(timings.promptTokenCount, timings.prefillSeconds),
      decodeSeconds: timings.decodeSeconds,
      // The first token belongs to prefill.
      decodeTokensPerSecond: rate(max(0, timings.generatedTokenCount - 1), timings.decodeSeconds))
  }
}
