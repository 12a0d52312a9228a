import JSON

/// Values from the caller; their strings count as the user's.
extension TemplateValue {
  init(_ value: JSONValue, depth: Int = 0) throws(ChatTemplateError) {
    guard depth <= ChatTemplateLimits.depth else {
      throw ChatTemplateError(.limit, "a message is nested more than \(ChatTemplateLimits.depth) deep")
    }
    switch value {
    case .null: self = .none
    case .bool(let value): self = .bool(value)
    case .number(let number): self = Int(number.text).map(TemplateValue.integer) ?? .float(number.double)
    case .string(let value): self = .text(value)
    case .array(let values):
      var items: [TemplateValue] = []
      for value in values { items.append(try TemplateValue(value, depth: depth + 1)) }
      self = .list(try TemplateList(items))
    case .object(let object):
      var entries: [(key: String, value: TemplateValue)] = []
      for member in object.members { entries.append((member.key, try TemplateValue(member.value, depth: depth + 1))) }
      self = .mapping(try TemplateMapping(entries))
    }
  }

  /// A message as a mapping; nulls are left out.
  init(_ message: ChatMessage) throws(ChatTemplateError) {
    var entries: [(key: String, value: TemplateValue)] = [("role", .text(message.role))]
    if let content = message.content { entries.append(("content", .text(content))) }
    for member in message.fields.members
    where member.key != "role" && member.key != "content" && !member.value.isNull {
      entries.append((member.key, try TemplateValue(member.value)))
    }
    self = .mapping(try TemplateMapping(entries))
  }
}
