import Core
import JSON

/// llama-server's own text completions: an object for each answer, or the events of their making.
struct NativeFormat: AnswerFormat {
  let head: NativeHead
  /// Whether the whole body is a list, as it is of several answers.
  let isList: Bool
  private var prompts: [Int: [TokenID]] = [:]
  private var hasLineBreak: Set<Int> = []
  /// Answers of which progress was reported.
  private var progressed: Set<Int> = []

  init(_ head: NativeHead, isList: Bool) {
    self.head = head
    self.isList = isList
  }

  func body(_ answers: [FinishedAnswer], usage: Usage) throws -> [UInt8] {
    let objects = answers.enumerated().map { index, answer -> JSONValue in
      var object = head.last(answer.end, prompt: answer.promptTokens, hasLineBreak: answer.content.contains("\n"))
      object["index"] = .integer(index)
      object["content"] = .string(answer.content)
      object["tokens"] = head.tokens(answer.tokens)
      if let reports = answer.reports { object["completion_probabilities"] = .array(reports.map(Self.report)) }
      return .object(head.selection(of: object))
    }
    guard !isList, let only = objects.first else { return Array(JSONValue.array(objects).text.utf8) }
    return Array(only.text.utf8)
  }

  mutating func open(_ index: Int, _ prepared: PreparedAnswer) throws -> [StreamFrame] {
    prompts[index] = prepared.generation.prompt
    return []
  }

  mutating func progress(_ index: Int, _ progress: PromptProgress) throws -> [StreamFrame] {
    guard head.stream.hasProgress else { return comment(progress.comment) }
    let first = progressed.insert(index).inserted ? [progress.start] : []
    return (first + [progress]).map {
      var object = piece(index, content: "", tokens: [], generatedCount: 0)
      object["prompt_progress"] = ProgressReport(progress: $0).json
      if head.stream.hasTimings { object["timings"] = TimingsReport(timings: $0.timings).json }
      return frame(object)
    }
  }

  mutating func piece(_ index: Int, _ delta: AnswerDelta) throws -> [StreamFrame] {
    if delta.content.contains("\n") { hasLineBreak.insert(index) }
    var object = piece(index, content: delta.content, tokens: delta.tokens, generatedCount: delta.generatedCount)
    if let reports = delta.reports { object["completion_probabilities"] = .array(reports.map(Self.report)) }
    if head.stream.hasTimings { object["timings"] = TimingsReport(timings: delta.timings).json }
    return [frame(object)]
  }

  mutating func end(_ index: Int, _ end: AnswerEnd) throws -> [StreamFrame] {
    var object = head.last(end, prompt: prompts[index] ?? [], hasLineBreak: hasLineBreak.contains(index))
    object["index"] = .integer(index)
    object["content"] = ""
    object["tokens"] = []
    return [frame(head.selection(of: object))]
  }

  /// The last event says that it is the last; no mark follows.
  mutating func close(_ usage: Usage) throws -> [StreamFrame] { [] }

  private func frame(_ object: JSONObject) -> StreamFrame { .data(Array(JSONValue.object(object).text.utf8)) }

  /// A stream has the ids of its tokens whether they are asked for or not.
  private func piece(_ index: Int, content: String, tokens: [TokenID], generatedCount: Int) -> JSONObject {
    [
      "index": .integer(index), "content": .string(content), "tokens": .array(tokens.map { .integer(Int($0)) }),
      "stop": false, "id_slot": -1, "tokens_predicted": .integer(generatedCount),
      "tokens_evaluated": .integer(prompts[index]?.count ?? 0),
    ]
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
