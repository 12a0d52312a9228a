import Core

/// The `timings` field, with the names that llama-server's clients display. Milliseconds and tokens a second.
struct TimingsReport: Encodable, Hashable, Sendable {
  let timings: GenerationTimings

  private enum Field: String, CodingKey {
    case queue = "queue_ms"
    case promptCount = "prompt_n"
    case prompt = "prompt_ms"
    case promptEach = "prompt_per_token_ms"
    case promptRate = "prompt_per_second"
    case predictedCount = "predicted_n"
    case predicted = "predicted_ms"
    case predictedEach = "predicted_per_token_ms"
    case predictedRate = "predicted_per_second"
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(Self.milliseconds(timings.queueSeconds), forKey: .queue)
    try fields.encode(timings.promptTokenCount, forKey: .promptCount)
    try fields.encode(Self.milliseconds(timings.prefillSeconds), forKey: .prompt)
    try fields.encode(Self.each(timings.prefillSeconds, timings.promptTokenCount), forKey: .promptEach)
    try fields.encode(Self.rate(timings.promptTokenCount, timings.prefillSeconds), forKey: .promptRate)
    try fields.encode(timings.generatedTokenCount, forKey: .predictedCount)
    try fields.encode(Self.milliseconds(timings.decodeSeconds), forKey: .predicted)
    // The first token belongs to prefill.
    let decoded = max(0, timings.generatedTokenCount - 1)
    try fields.encode(Self.each(timings.decodeSeconds, decoded), forKey: .predictedEach)
    try fields.encode(Self.rate(decoded, timings.decodeSeconds), forKey: .predictedRate)
  }

  private static func milliseconds(_ seconds: Double) -> Double {
    let value = (seconds * 1e6).rounded() / 1e3
    return value.isFinite ? value : 0
  }

  private static func each(_ seconds: Double, _ count: Int) -> Double {
    count > 0 ? milliseconds(seconds / Double(count)) : 0
  }

  private static func rate(_ count: Int, _ seconds: Double) -> Double {
    let value = (Double(count) / seconds * 1e2).rounded() / 1e2
    return seconds > 0 && value.isFinite ? value : 0
  }
}
