import JSON

/// Renders messages of its own through a template, to see what becomes of them.
struct TemplateProbe {
  private let template: ParsedTemplate

  init(_ template: ParsedTemplate) { self.template = template }

  private static let text = "LonghaulProbeText"
  private static let opening = "LonghaulProbeOpening"
  private static let key = "LonghaulProbeKey"
  private static let value = "LonghaulProbeValue"

  /// Whether a user's text does not come out.
  func losesText(rolesInParts: Set<String>) -> Bool {
    let messages = [ChatMessage(role: "user", content: Self.text)]
    return rendered(messages, rolesInParts: rolesInParts)?.contains(Self.text) != true
  }

  /// Whether the text of a message of this role, among a user's, comes out as it is.
  func writes(_ role: String, rolesInParts: Set<String>) -> Bool {
    let (user, other) = (ChatMessage(role: "user", content: Self.opening), ChatMessage(role: role, content: Self.text))
    let messages = role == "system" ? [other, user] : [user, other, user]
    guard let text = rendered(messages, rolesInParts: rolesInParts) else { return false }
    // Python writes a list with quotes.
    return text.contains(Self.text) && !text.contains("'\(Self.text)'")
  }

  /// Whether arguments of a call come out as JSON when they are given as text, and not when they are an object.
  func takesArgumentsAsText(rolesInParts: Set<String>) -> Bool {
    let object: JSONValue = .object([Self.key: .string(Self.value)])
    let fromText = rendered(calling(.string(object.text)), rolesInParts: rolesInParts, keepsText: true)
    guard let fromText, fromText.contains(object.text) else { return false }
    guard let fromObject = rendered(calling(object), rolesInParts: rolesInParts) else { return true }
    // Python writes an object with single quotes.
    return fromObject.contains("'\(Self.key)'")
      || !(fromObject.contains(Self.key) || fromObject.contains(Self.value))
  }

  private func calling(_ arguments: JSONValue) -> [ChatMessage] {
    let function: JSONObject = ["name": .string("probe"), "arguments": arguments]
    let call: JSONObject = [
      "id": .string("probe0001"), "type": .string("function"), "function": .object(function),
    ]
    return [
      ChatMessage(role: "user", content: Self.text),
      ChatMessage(role: "assistant", content: "", fields: ["tool_calls": .array([.object(call)])]),
      ChatMessage(
        role: "tool", content: "done", fields: ["tool_call_id": .string("probe0001"), "name": .string("probe")]),
    ]
  }

  /// Nil where the template refuses.
  private func rendered(_ messages: [ChatMessage], rolesInParts: Set<String>, keepsText: Bool = false) -> String? {
    let conventions = MessageConventions(rolesInParts: rolesInParts, takesArgumentsAsText: keepsText)
    let function: JSONObject = [
      "name": .string("probe"), "description": .string("Probe"),
      "parameters": .object(["type": .string("object"), "properties": .object([:])]),
    ]
    let tool: JSONObject = ["type": .string("function"), "function": .object(function)]
    let result = Result { () throws(ChatTemplateError) -> String in
      let variables: [String: TemplateValue] = [
        "messages": try conventions.value(of: messages), "tools": try TemplateValue(.array([.object(tool)])),
        "documents": .none, "add_generation_prompt": .bool(false), "bos_token": .text(""), "eos_token": .text(""),
      ]
      let context = RenderContext(date: .fixed, stepCount: ChatTemplateLimits.probeStepCount)
      return try Renderer.render(template, variables, context).string
    }
    return try? result.get()  // try?: what a refusal says does not matter here
  }
}
