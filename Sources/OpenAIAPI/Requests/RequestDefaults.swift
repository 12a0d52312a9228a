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
    ["max_tokens", "max_completion_tokens", "n_predict", "max_output_tokens"],
    ["repetition_penalty", "repeat_penalty"],
    ["chat_template_kwargs", "reasoning_effort", "reasoning"],
  ]

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
    guard !fields.isEmpty, var object = body.object else { return body }
    let given = Set(object.members.filter { !$0.value.isNull }.map(\.key))
    for member in fields.members {
      let names = Self.synonyms.first { $0.contains(member.key) } ?? [member.key]
      guard given.isDisjoint(with: names) else { continue }
      // The responses API has a name of its own.
      let name = member.key == "max_tokens" && table.obeys("max_output_tokens") ? "max_output_tokens" : member.key
      if table.obeys(name) { object[name] = member.value }
    }
    return .object(object)
  }
}

extension FieldTable {
  fileprivate func obeys(_ name: String) -> Bool {
    fields.contains { $0.name == name && $0.handling == .obeyed }
  }
}
