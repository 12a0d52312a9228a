/// Arguments of a function, filter, test or method.
struct CallArguments {
  var positional: [TemplateValue] = []
  /// In the order of the source.
  var named: [(key: String, value: TemplateValue)] = []

  /// The positional argument at an index, or else the named one.
  subscript(index: Int, name: String) -> TemplateValue? {
    index < positional.count ? positional[index] : self[name]
  }

  subscript(name: String) -> TemplateValue? { named.last { $0.key == name }?.value }

  func text(_ index: Int, _ name: String) -> TracedText? {
    if case .text(let text)? = self[index, name] { text } else { nil }
  }

  func integer(_ index: Int, _ name: String) -> Int? {
    if case .integer(let value)? = self[index, name] { value } else { nil }
  }

  /// A count of at most so many, where a negative number means no limit.
  func limit(_ index: Int, _ name: String) -> Int {
    integer(index, name).flatMap { $0 < 0 ? nil : $0 } ?? .max
  }
}
