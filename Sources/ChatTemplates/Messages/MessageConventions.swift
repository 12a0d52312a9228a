import JSON

/// In which of its usual forms a template takes what messages hold. Found out when the template is read, by rendering
/// the same message in both forms.
struct MessageConventions: Sendable {
  /// Roles whose content must be a list of parts, `[{"type": "text", "text": …}]`: as a string it would be lost.
  let rolesInParts: Set<String>
  /// Whether the arguments of a tool call must be JSON text: as an object they would be refused or written as Python
  /// writes them. Else they are objects, so that no template encodes them twice.
  let takesArgumentsAsText: Bool

  init(of template: ParsedTemplate) {
    let probe = TemplateProbe(template)
    var roles: Set<String> = []
    if probe.losesText(rolesInParts: roles), !probe.losesText(rolesInParts: Self.roles) { roles = Self.roles }
    // Some templates take one role's content in parts and another's as a string.
    for role in ["system", "assistant", "tool"] where !probe.writes(role, rolesInParts: roles) {
      let others = roles.symmetricDifference([role])
      if probe.writes(role, rolesInParts: others) { roles = others }
    }
    rolesInParts = roles
    takesArgumentsAsText = probe.takesArgumentsAsText(rolesInParts: roles)
  }

  private static let roles: Set = ["system", "user", "assistant", "tool"]

  init(rolesInParts: Set<String>, takesArgumentsAsText: Bool) {
    self.rolesInParts = rolesInParts
    self.takesArgumentsAsText = takesArgumentsAsText
  }

  func value(of messages: [ChatMessage]) throws(ChatTemplateError) -> TemplateValue {
    var values: [JSONValue] = []
    for message in messages { values.append(.object(object(of: message))) }
    return try TemplateValue(.array(values))
  }

  /// A message as a template reads it. Nulls are left out, as transformers does.
  private func object(of message: ChatMessage) -> JSONObject {
    var object: JSONObject = ["role": .string(message.role)]
    if let content = message.content {
      object["content"] =
        rolesInParts.contains(message.role)
        ? .array([.object(["type": .string("text"), "text": .string(content)])]) : .string(content)
    }
    for member in message.fields.members
    where member.key != "role" && member.key != "content" && !member.value.isNull {
      object[member.key] = member.key == "tool_calls" ? calls(member.value) : member.value
    }
    // The same thought under the names that templates read it by.
    let names = ["reasoning_content", "thinking", "reasoning"]
    if let thought = names.lazy.compactMap({ object[$0] }).first {
      object["reasoning_content"] = thought
      object["thinking"] = object["thinking"] ?? thought
    }
    return object
  }

  private func calls(_ value: JSONValue) -> JSONValue {
    guard let calls = value.array else { return value }
    return .array(
      calls.map { call in
        guard var object = call.object, var function = call["function"]?.object else { return call }
        function["arguments"] = function["arguments"].map(arguments)
        object["function"] = .object(function)
        return .object(object)
      })
  }

  /// JSON text that is no object stays text.
  private func arguments(_ value: JSONValue) -> JSONValue {
    if takesArgumentsAsText { return value.object == nil ? value : .string(value.text) }
    guard let text = value.string else { return value }
    let parsed = try? JSONParser.parse(text)  // try?: what is no JSON stays text
    guard let object = parsed?.object else { return value }
    return .object(object)
  }
}
