import Core
import JSON

/// OpenAI's responses: an object, or the events of its making.
struct ResponsesFormat: AnswerFormat {
  private var response: ResponseObject
  /// Receives what the answer has become, once.
  private let finished: @Sendable (ResponseObject, [ResponseItem]) -> Void
  private var items: [ResponseItem] = []
  /// Whether the last item still grows.
  private var isOpen = false
  private var sequence = 0
  private let stream: StreamFields
  private var hasProgressed = false
  private var timings: JSONValue?

  init(
    _ response: ResponseObject, _ stream: StreamFields,
    finished: @escaping @Sendable (ResponseObject, [ResponseItem]) -> Void
  ) {
    self.response = response
    self.stream = stream
    self.finished = finished
  }

  func body(_ answers: [FinishedAnswer], usage: Usage) throws -> [UInt8] {
    guard let answer = answers.first else { throw EngineError.emptyPrompt }
    var response = response
    let items = Self.items(of: answer)
    response.finish(answer.end, items)
    finished(response, items)
    return Array(response.json.text.utf8)
  }

  static func items(of answer: FinishedAnswer) -> [ResponseItem] {
    var items: [ResponseItem] = []
    if !answer.reasoning.isEmpty { items.append(ResponseItem(.reasoning(answer.reasoning))) }
    if !answer.content.isEmpty || answer.calls.isEmpty {
      var message = ResponseItem(.message(answer.content))
      message.logprobs = logprobs(answer.reports)
      items.append(message)
    }
    return items + answer.calls.map { ResponseItem(.call($0, callID: "call_" + RandomName.callID())) }
  }

  private static func logprobs(_ reports: [TokenReport]?) -> [JSONValue] {
    func entry(_ candidate: TokenReport.Candidate) -> JSONObject {
      [
        "token": .string(candidate.text), "logprob": .number(JSONNumber(Double(candidate.logprob ?? 0))),
        "bytes": .array(candidate.bytes.map { .integer(Int($0)) }),
      ]
    }
    return (reports ?? []).map { report in
      var object = entry(report.chosen)
      object["top_logprobs"] = .array(report.top.map { .object(entry($0)) })
      return .object(object)
    }
  }

  mutating func begin(_ prepared: [PreparedAnswer]) throws -> [StreamFrame] {
    [
      event("response.created", ["response": response.json]),
      event("response.in_progress", ["response": response.json]),
    ]
  }

  mutating func progress(_ index: Int, _ progress: PromptProgress) throws -> [StreamFrame] {
    guard stream.hasProgress else { return comment(progress.comment) }
    let first = hasProgressed ? [] : [progress.start]
    hasProgressed = true
    return (first + [progress]).map {
      event(
        "response.in_progress", ["response": response.json, "prompt_progress": ProgressReport(progress: $0).json])
    }
  }

  mutating func piece(_ index: Int, _ delta: AnswerDelta) throws -> [StreamFrame] {
    if stream.hasTimings { timings = TimingsReport(timings: delta.timings).json }
    var frames: [StreamFrame] = []
    var reports = delta.reports
    for part in delta.parts {
      switch part {
      case .content(let text):
        let logprobs = Self.logprobs(reports)
        reports = nil
        frames += grow(text, ofMessage: true, logprobs)
      case .reasoning(let text): frames += grow(text, ofMessage: false, [])
      case .call(let call): frames += add(call)
      }
    }
    return frames
  }

  mutating func end(_ index: Int, _ end: AnswerEnd) throws -> [StreamFrame] {
    // Clients expect an item, also of an answer without a text.
    var frames = items.isEmpty ? open(.message("")) : []
    frames += leave()
    response.finish(end, items)
    if stream.hasTimings { timings = TimingsReport(timings: end.timings).json }
    return frames
  }

  mutating func close(_ usage: Usage) throws -> [StreamFrame] {
    finished(response, items)
    var members: JSONObject = ["response": response.json]
    members["timings"] = timings
    return [event("response.\(response.status.rawValue)", members)]
  }

  func failure(_ error: APIError) throws -> [StreamFrame] {
    var copy = self
    copy.response.status = .failed
    copy.response.failure = error
    finished(copy.response, items)
    return [
      copy.event(
        "error", ["code": .string(error.code ?? error.type), "message": .string(error.message), "param": .null]),
      copy.event("response.failed", ["response": copy.response.json]),
    ]
  }

  // MARK: Items

  private mutating func grow(_ text: String, ofMessage isMessage: Bool, _ logprobs: [JSONValue]) -> [StreamFrame] {
    var frames: [StreamFrame] = []
    switch (isOpen ? items.last?.content : nil, isMessage) {
    case (.message(let old)?, true): items[items.count - 1].content = .message(old + text)
    case (.reasoning(let old)?, false): items[items.count - 1].content = .reasoning(old + text)
    default:
      frames = leave() + open(isMessage ? .message("") : .reasoning(""))
      items[items.count - 1].content = isMessage ? .message(text) : .reasoning(text)
    }
    items[items.count - 1].logprobs += logprobs
    var members: JSONObject = ["content_index": 0, "delta": .string(text)]
    if isMessage { members["logprobs"] = .array(logprobs) }
    members["timings"] = timings
    return frames + [itemEvent(isMessage ? "response.output_text.delta" : "response.reasoning_text.delta", members)]
  }

  private mutating func open(_ content: ResponseItem.Content) -> [StreamFrame] {
    items.append(ResponseItem(content))
    isOpen = true
    let item = items[items.count - 1]
    let added = event(
      "response.output_item.added", ["output_index": .integer(items.count - 1), "item": item.json(isDone: false)])
    if case .call = content { return [added] }
    return [added, itemEvent("response.content_part.added", ["content_index": 0, "part": item.emptyPart])]
  }

  private mutating func add(_ call: ToolCall) -> [StreamFrame] {
    var frames = leave() + open(.call(call, callID: "call_" + RandomName.callID()))
    frames.append(itemEvent("response.function_call_arguments.delta", ["delta": .string(call.arguments)]))
    return frames + leave()
  }

  /// Ends the item that still grows.
  private mutating func leave() -> [StreamFrame] {
    guard isOpen, let item = items.last else { return [] }
    isOpen = false
    var frames: [StreamFrame] = []
    switch item.content {
    case .message(let text):
      frames.append(
        itemEvent(
          "response.output_text.done",
          ["content_index": 0, "text": .string(text), "logprobs": .array(item.logprobs)]))
    case .reasoning(let text):
      frames.append(itemEvent("response.reasoning_text.done", ["content_index": 0, "text": .string(text)]))
    case .call(let call, _):
      frames.append(
        itemEvent(
          "response.function_call_arguments.done",
          ["name": .string(call.name), "arguments": .string(call.arguments)]))
    }
    if !item.isCall {
      frames.append(itemEvent("response.content_part.done", ["content_index": 0, "part": item.part]))
    }
    frames.append(
      event(
        "response.output_item.done", ["output_index": .integer(items.count - 1), "item": item.json(isDone: true)]))
    return frames
  }

  /// An event about the last item.
  private mutating func itemEvent(_ type: String, _ members: JSONObject) -> StreamFrame {
    var object: JSONObject = [
      "item_id": .string(items.last?.id ?? ""), "output_index": .integer(items.count - 1),
    ]
    for member in members.members { object[member.key] = member.value }
    return event(type, object)
  }

  private mutating func event(_ type: String, _ members: JSONObject) -> StreamFrame {
    var object: JSONObject = ["type": .string(type), "sequence_number": .integer(sequence)]
    sequence += 1
    for member in members.members { object[member.key] = member.value }
    return .event(type, Array(JSONValue.object(object).text.utf8))
  }
}
