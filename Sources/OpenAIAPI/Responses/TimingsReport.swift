import Core
import JSON

/// The `timings` field, with the names that llama-server's clients display. Milliseconds and tokens a second.
struct TimingsReport: Encodable, Hashable, Sendable {
  let timings: GenerationTimings

  private enum Field: String, CodingKey {
    case queue = "queue_ms"
    case cachedCount = "cache_n"
    case promptCount = "prompt_n"
    case prompt = "prompt_ms"
    case promptEach = "prompt_per_token_ms"
    case promptRate = "prompt_per_second"
    case predictedCount = "predicted_n"
    case predicted = "predicted_ms"
    case predictedEach = "predicted_per_token_ms"
    case predictedRate = "predicted_per_second"
    case draftedCount = "draft_n"
    case acceptedCount = "draft_n_accepted"
  }

  private var members: [(field: Field, value: Double)] {
    // What was computed, as llama-server counts.
    let promptCount = timings.promptTokenCount - timings.cachedTokenCount
    // The first token belongs to prefill.
    let decoded = max(0, timings.generatedTokenCount - 1)
    let members: [(field: Field, value: Double)] = [
      (.queue, Self.milliseconds(timings.queueSeconds)), (.cachedCount, Double(timings.cachedTokenCount)),
      (.promptCount, Double(promptCount)), (.prompt, Self.milliseconds(timings.prefillSeconds)),
      (.promptEach, Self.each(timings.prefillSeconds, promptCount)),
      (.promptRate, Self.rate(promptCount, timings.prefillSeconds)),
      (.predictedCount, Double(timings.generatedTokenCount)),
      (.predicted, Self.milliseconds(timings.decodeSeconds)),
      (.predictedEach, Self.each(timings.decodeSeconds, decoded)),
      (.predictedRate, Self.rate(decoded, timings.decodeSeconds)),
    ]
    guard timings.draftedTokenCount > 0 else { return members }
    return members + [
      (.draftedCount, Double(timings.draftedTokenCount)), (.acceptedCount, Double(timings.acceptedTokenCount)),
    ]
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    for (field, value) in members { try fields.encode(value, forKey: field) }
  }

  var json: JSONValue {
    .object(
      members.reduce(into: JSONObject()) { object, member in
        object[member.field.rawValue] =
          Int(exactly: member.value).map { .integer($0) } ?? .number(JSONNumber(member.value))
      })
  }

  private static func milliseconds(_ seconds: Double) -> Double {
    let value = (seconds * 1e6).rounded() / 1e3
    return value.isFinite ? value : 0
  }

  private static func each(_ seconds: Double, _ count: Int) -> Double {
    count > 0 ? milliseconds(seconds / Double(count)) : 0
  }

  /// Not rounded, so that it is what a client computes of the milliseconds.
  private static func rate(_ count: Int, _ seconds: Double) -> Double {
    let value = Double(count) / milliseconds(seconds) * 1e3
    return value.isFinite ? value : 0
  }
}
