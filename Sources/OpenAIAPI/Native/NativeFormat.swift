import Core
import JSON

/// llama-server's own text completions.
struct NativeFormat: AnswerFormat {
  let model: String
  let returnsTokens: Bool
  private var promptCount = 0

  init(model: String, returnsTokens: Bool) {
    self.model = model
    self.returnsTokens = returnsTokens
  }

  func body(_ answers: [FinishedAnswer], usage: Usage) throws -> [UInt8] {
    guard let answer = answers.first else { throw EngineError.emptyPrompt }
    var object = last(answer.end)
    object["content"] = .string(answer.content)
    object["tokens"] = tokens(answer.tokens)
    if let reports = answer.reports { object["completion_probabilities"] = .array(reports.map(Self.report)) }
    return Array(JSONValue.object(object).text.utf8)
  }

  mutating func open(_ index: Int, _ prepared: PreparedAnswer) throws -> [StreamFrame] {
    promptCount = prepared.generation.prompt.count
    return []
  }

  mutating func piece(_ index: Int, _ delta: AnswerDelta) throws -> [StreamFrame] {
    var object: JSONObject = [
      "index": 0, "content": .string(delta.content), "tokens": tokens(delta.tokens), "stop": false,
      "tokens_predicted": .integer(delta.generatedCount), "tokens_evaluated": .integer(promptCount),
    ]
    if let reports = delta.reports { object["completion_probabilities"] = .array(reports.map(Self.report)) }
    return [frame(object)]
  }

  mutating func end(_ index: Int, _ end: AnswerEnd) throws -> [StreamFrame] {
    var object = last(end)
    object["content"] = ""
    object["tokens"] = []
    return [frame(object)]
  }

  /// The last event says that it is the last; no mark follows.
  mutating func close(_ usage: Usage) throws -> [StreamFrame] { [] }

  private func frame(_ object: JSONObject) -> StreamFrame { .data(Array(JSONValue.object(object).text.utf8)) }

  private func tokens(_ tokens: [TokenID]) -> JSONValue {
    .array(returnsTokens ? tokens.map { .integer(Int($0)) } : [])
  }

  /// What the end of an answer says, whole or streamed.
  private func last(_ end: AnswerEnd) -> JSONObject {
    let kind = end.reason == .length ? "limit" : end.stopString == nil ? "eos" : "word"
    let timings = end.timings
    return [
      "index": 0, "model": .string(model), "stop": true, "stop_type": .string(kind),
      "stopping_word": .string(end.stopString ?? ""), "truncated": false,
      "tokens_predicted": .integer(end.usage.completionTokens), "tokens_evaluated": .integer(end.usage.promptTokens),
      "timings": [
        "prompt_n": .integer(timings.promptTokenCount), "prompt_ms": Self.milliseconds(timings.prefillSeconds),
        "predicted_n": .integer(timings.generatedTokenCount), "predicted_ms": Self.milliseconds(timings.decodeSeconds),
      ],
    ]
  }

  private static func milliseconds(_ seconds: Double) -> JSONValue {
    let value = (seconds * 1e6).rounded() / 1e3
    return .number(JSONNumber(value.isFinite ? value : 0))
  }

  private static func report(_ report: TokenReport) -> JSONValue {
    var object = candidate(report.chosen)
    object["top_logprobs"] = .array(report.top.map { .object(candidate($0)) })
    return .object(object)
  }

  private static func candidate(_ candidate: TokenReport.Candidate) -> JSONObject {
    [
      "id": .integer(Int(candidate.token)), "token": .string(candidate.text),
      "bytes": .array(candidate.bytes.map { .integer(Int($0)) }),
      "logprob": .number(JSONNumber(Double(candidate.logprob ?? 0))),
    ]
  }
}
