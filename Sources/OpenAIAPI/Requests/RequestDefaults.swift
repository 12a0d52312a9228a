import Core
package import JSON

/// Fields that requests have where they say nothing: what `serve --model-defaults` gives.
package struct RequestDefaults: Sendable {
  /// Fields that one server may have another idea of than the next, beside those of sampling. What is asked, and in
  /// what form it is answered, is the client's.
  private static let names: Set<String> = Set(
    SamplingNames.fields.filter { $0.handling == .obeyed }.map(\.name) + [
      "max_tokens", "stop", "stop_token_ids", "ignore_eos", "timeout", "priority", "cache_prompt", "t_max_predict_ms",
      "chat_template_kwargs", "reasoning_effort", "reasoning_format", "include_reasoning", "timings_per_token",
      "return_progress", "verbose",
    ])

  /// Names of the same wish. A request that has one of them has no need of another's default.
  private static let synonyms: [Set<String>] = [
    ["max_tokens", "max_completion_tokens", "n_predict", "max_output_tokens", "num_predict"],
    ["repetition_penalty", "repeat_penalty"],
    ["chat_template_kwargs", "reasoning_effort", "reasoning"],
  ]

  /// What the limit is called; the responses API and Ollama have names of their own.
  private static let limitNames = ["max_output_tokens", "num_predict", "max_tokens"]

  private let fields: JSONObject

  package init() { fields = [:] }

  /// - Throws: an error that names the field which cannot be a default, or its value.
  package init(_ fields: JSONObject) throws {
    for member in fields.members where !Self.names.contains(member.key) {
      throw APIError.invalid(
        "\(member.key) has no default: sampling, max_tokens, stop, timeout and how the template is filled in may.",
        parameter: member.key)
    }
    self.fields = fields
    let values = try RequestFields(.object(fields), table: .chat)
    _ = try CommonFields(values).sampling.parameters(over: SamplingParameters(), endTokens: [], randomSeed: 0)
    _ = try ChatRequest.templateVariables(values)
    _ = try ChatRequest.thoughts(values)
  }

  /// The fields that all kinds of completion have.
  func common() throws -> CommonFields { try CommonFields(RequestFields(.object(fields), table: .generation)) }

  /// A body with what it does not say itself, as far as its endpoint has such fields.
  func applied(to body: JSONValue, _ table: FieldTable) -> JSONValue {
    guard !fields.isEmpty, let object = body.object else { return body }
    var result = filled(object, table)
    // Ollama has the sampling and the limit in an object of their own.
    let options = object["options"].flatMap { $0.isNull ? nil : $0 } ?? .object([:])
    if table.obeys("options"), let given = options.object {
      result["options"] = .object(filled(given, OllamaTables.options))
    }
    return .object(result)
  }

  private func filled(_ given: JSONObject, _ table: FieldTable) -> JSONObject {
    var object = given
    let given = Set(object.members.filter { !$0.value.isNull }.map(\.key))
    for member in fields.members {
      let names = Self.synonyms.first { $0.contains(member.key) } ?? [member.key]
      guard given.isDisjoint(with: names) else { continue }
      let name = member.key == "max_tokens" ? Self.limitNames.first(where: table.obeys) : member.key
      if let name, table.obeys(name) { object[name] = member.value }
    }
    return object
  }
}

extension FieldTable {
  fileprivate func obeys(_ name: String) -> Bool {
    fields.contains { $0.name == name && $0.handling == .obeyed }
  }
}
