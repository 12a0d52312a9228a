/// Which part of an item a filter looks at: `'function.name'`, `0`, or the item itself.
struct AttributePath {
  private let steps: [TemplateValue]

  /// - Parameter attribute: a name, names and indices with dots between them, or an index.
  init(_ attribute: TemplateValue) throws(ChatTemplateError) {
    switch attribute {
    case .none: steps = []
    case .integer: steps = [attribute]
    case .text(let text):
      steps = text.string.split(separator: ".", omittingEmptySubsequences: false).map { part in
        part.utf8.allSatisfy { (0x30...0x39).contains($0) }
          ? Int(part).map(TemplateValue.integer) ?? .text(String(part)) : .text(String(part))
      }
    default: throw ChatTemplateError(.evaluation, "\(attribute.kindName) is no name of an attribute")
    }
  }

  /// Several paths, with commas between them.
  static func list(_ attribute: TemplateValue) throws(ChatTemplateError) -> [AttributePath] {
    guard case .text(let text) = attribute else { return [try AttributePath(attribute)] }
    var paths: [AttributePath] = []
    for part in text.string.split(separator: ",", omittingEmptySubsequences: false) {
      paths.append(try AttributePath(.text(String(part))))
    }
    return paths
  }

  func value(of item: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    var value = item
    for step in steps { value = try value.element(step) }
    return value
  }
}
