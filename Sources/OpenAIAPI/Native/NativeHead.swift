import Core
import JSON

/// What all of llama-server's answers to one request have in common.
struct NativeHead: Sendable {
  let model: String
  /// Of a sequence, prompt and answer together.
  let contextLength: Int
  /// `generation_settings`: what the answers are sampled with.
  let settings: JSONValue
  let stream: StreamFields
  /// Whether a whole answer lists the ids of its tokens.
  let returnsTokens: Bool
  /// The fields that the answers have, with slashes between the names of nested ones; empty for all.
  let selected: [String]
  /// The text of a prompt, control tokens included.
  let promptText: @Sendable ([TokenID]) -> String

  func tokens(_ tokens: [TokenID]) -> JSONValue {
    .array(returnsTokens ? tokens.map { .integer(Int($0)) } : [])
  }

  /// What the end of an answer says, whole or streamed.
  func last(_ end: AnswerEnd, prompt: [TokenID], hasLineBreak: Bool) -> JSONObject {
    let kind = end.reason == .length ? "limit" : end.stopString == nil ? "eos" : "word"
    let length = end.usage.promptTokens + end.usage.completionTokens
    return [
      // Sequences have no places of their own here.
      "id_slot": -1, "model": .string(model), "stop": true, "stop_type": .string(kind),
      "stopping_word": .string(end.stopString ?? ""), "has_new_line": .bool(hasLineBreak),
      "truncated": .bool(end.reason == .length && length >= contextLength),
      "tokens_predicted": .integer(end.usage.completionTokens), "tokens_evaluated": .integer(end.usage.promptTokens),
      "tokens_cached": .integer(max(0, length - 1)), "prompt": .string(promptText(prompt)),
      "generation_settings": settings, "timings": TimingsReport(timings: end.timings).json,
    ]
  }

  /// The fields that the request wants, each under the name that it has there.
  func selection(of object: JSONObject) -> JSONObject {
    guard !selected.isEmpty else { return object }
    return selected.reduce(into: JSONObject()) { result, path in
      let names = path.split(separator: "/", omittingEmptySubsequences: false)
      result[path] = names.reduce(JSONValue?.some(.object(object))) { $0?[String($1)] }
    }
  }
}
