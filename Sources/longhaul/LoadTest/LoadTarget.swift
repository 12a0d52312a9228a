import JSON

/// The server of a load test, and how requests to it are written.
struct LoadTarget: Hashable, Sendable {
  /// Without a slash at its end.
  let base: String
  var api = LoadAPI.chat
  /// Empty where the server has one model.
  var model = ""
  /// Whether answers are asked to go on behind the model's own end, so that they have the length that was drawn.
  var ignoresEnd = true

  /// - Parameter text: `http://HOST:PORT/PATH` or `https://…`; `/v1` is added where there is no path.
  /// - Throws: `CommandFailure` that says what is wrong.
  init(_ text: String) throws {
    guard let scheme = ["http://", "https://"].first(where: text.hasPrefix) else {
      throw CommandFailure(.usage, "'\(text)' is no address; write http://HOST:PORT or https://HOST")
    }
    guard text.unicodeScalars.allSatisfy({ $0.isASCII && $0.value > 32 && $0.value != 127 }) else {
      throw CommandFailure(.usage, "the address may have no spaces or other characters than ASCII's")
    }
    var rest = text.dropFirst(scheme.count)
    while rest.hasSuffix("/") { rest.removeLast() }
    guard !rest.isEmpty, !rest.hasPrefix("/") else { throw CommandFailure(.usage, "'\(text)' names no host") }
    base = scheme + rest + (rest.contains("/") ? "" : "/v1")
  }

  var url: String { base + api.path }

  /// The body of a request for a streamed answer.
  func body(prompt: String, answerTokenCount: Int) -> String {
    var body: JSONObject = ["model": .string(model)]
    switch api {
    case .chat: body["messages"] = [["role": "user", "content": .string(prompt)]]
    case .completions: body["prompt"] = .string(prompt)
    }
    body["max_tokens"] = .integer(answerTokenCount)
    body["temperature"] = 0
    body["stream"] = true
    body["stream_options"] = ["include_usage": true, "continuous_usage_stats": true]
    if ignoresEnd { body["ignore_eos"] = true }
    return JSONValue.object(body).text
  }
}
