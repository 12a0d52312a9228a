/// What a value consists of: attributes, elements, slices, and what a loop visits.
extension TemplateValue {
  func attribute(_ name: String) throws(ChatTemplateError) -> TemplateValue {
    switch self {
    case .mapping(let mapping): mapping[name] ?? .undefined(name)
    case .namespace(let namespace): namespace.values[name] ?? .undefined(name)
    case .loop(let loop): loop[name]
    case .undefined: throw ChatTemplateError(.evaluation, "\"\(name)\" is read from \(kindName)")
    default: .undefined(name)
    }
  }

  func element(_ index: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    switch (self, index) {
    case (.mapping, .text(let key)), (.namespace, .text(let key)), (.loop, .text(let key)):
      return try attribute(key.string)
    case (.list(let list), .integer(let index)):
      let at = index < 0 ? index + list.items.count : index
      return list.items.indices.contains(at) ? list.items[at] : .undefined("element \(index)")
    case (.text(let text), .integer(let index)):
      let at = index < 0 ? index + text.count : index
      return text.units.indices.contains(at)
        ? .text(TracedText(units: [text.units[at]])) : .undefined("element \(index)")
    case (.undefined, _): throw ChatTemplateError(.evaluation, "an element is read from \(kindName)")
    default: return .undefined("an element")
    }
  }

  func slice(
    _ bounds: (start: Int?, end: Int?, step: Int?), _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    switch self {
    case .list(let list):
      let indices = try SliceIndices(bounds, count: list.items.count)
      try budget.spend(indices.count)
      return .list(try TemplateList(indices.map { list.items[$0] }))
    case .text(let text):
      let indices = try SliceIndices(bounds, count: text.count)
      try budget.spend(characters: indices.count)
      return .text(TracedText(units: indices.map { text.units[$0] }))
    default: throw ChatTemplateError(.evaluation, "a slice is taken of \(kindName)")
    }
  }

  /// What a loop visits: elements, characters, or keys.
  func items(_ budget: inout StepBudget) throws(ChatTemplateError) -> [TemplateValue] {
    switch self {
    case .list(let list):
      try budget.spend(list.items.count)
      return list.items
    case .text(let text):
      try budget.spend(text.count)
      return text.units.map { .text(TracedText(units: [$0])) }
    case .mapping(let mapping):
      try budget.spend(mapping.entries.count)
      return mapping.entries.map { .text($0.key) }
    case .undefined: return []
    default: throw ChatTemplateError(.evaluation, "\(kindName) has no elements")
    }
  }

  /// A mapping's keys with their values, as lists of two.
  func pairs(_ budget: inout StepBudget) throws(ChatTemplateError) -> TemplateValue {
    guard case .mapping(let mapping) = self else {
      if case .undefined = self { return .list(try TemplateList([])) }
      throw ChatTemplateError(.evaluation, "\(kindName) has no keys")
    }
    try budget.spend(mapping.entries.count)
    var pairs: [TemplateValue] = []
    for entry in mapping.entries { pairs.append(.list(try TemplateList([.text(entry.key), entry.value]))) }
    return .list(try TemplateList(pairs))
  }

  /// The items as one text, with a separator between them.
  /// - Parameter attribute: joins this element of each item instead of the item.
  func joined(
    _ separator: TracedText, attribute: TemplateValue? = nil, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TracedText {
    var result = RenderedOutput()
    for (index, item) in try items(&budget).enumerated() {
      if index > 0 { try result.append(separator) }
      try budget.spend(characters: separator.count)
      let part: TemplateValue
      if let attribute { part = try item.element(attribute) } else { part = item }
      try result.append(try part.printed(&budget))
    }
    return result.text
  }
}
