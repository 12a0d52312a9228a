/// A value as the key of a mapping. Equal numbers are one key, as are equal code points; texts that only look the same
/// are two.
enum TemplateKey: Hashable {
  case none
  case number(Double)
  case integer(Int)
  case text(ExactText)
  case tuple([TemplateKey])

  /// Compares by code points, unlike `String`.
  struct ExactText: Hashable {
    let string: String

    static func == (left: ExactText, right: ExactText) -> Bool { left.string.utf8.elementsEqual(right.string.utf8) }

    func hash(into hasher: inout Hasher) {
      for byte in string.utf8 { hasher.combine(byte) }
    }
  }

  init(_ string: String) { self = .text(ExactText(string: string)) }

  /// - Throws: for a value that cannot be a key, such as a list.
  init(_ value: TemplateValue) throws(ChatTemplateError) {
    switch value {
    case .none: self = .none
    case .bool(let value): self = .integer(value ? 1 : 0)
    case .integer(let value): self = .integer(value)
    case .float(let value): self = Int(exactly: value).map(TemplateKey.integer) ?? .number(value)
    case .text(let text): self = TemplateKey(text.string)
    case .list(let list) where list.kind == .tuple || list.kind == .group:
      var keys: [TemplateKey] = []
      for item in list.items { keys.append(try TemplateKey(item)) }
      self = .tuple(keys)
    default: throw ChatTemplateError(.evaluation, "\(value.kindName) cannot be the key of a mapping")
    }
  }
}
