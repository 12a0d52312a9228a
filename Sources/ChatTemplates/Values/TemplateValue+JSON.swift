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
    case .number(let number):
      if let integer = Int(number.text) {
        self = .integer(integer)
      } else if number.text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }) {
        self = .digits(number.text)
      } else {
        self = .float(number.double)
      }
    case .string(let value): self = .text(value)
    case .array(let values):
      var items: [TemplateValue] = []
      for value in values { items.append(try TemplateValue(value, depth: depth + 1)) }
      self = .list(try TemplateList(items))
    case .object(let object):
      var entries: [(key: String, value: TemplateValue)] = []
      for member in object.members { entries.append((member.key, try TemplateValue(member.value, depth: depth + 1))) }
      self = .mapping(try TemplateMapping(named: entries))
    }
  }
}
