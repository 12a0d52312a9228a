/// What a value consists of: attributes, elements, slices, and what a loop visits.
extension TemplateValue {
  /// `value.name`: an attribute of the value's type, such as a method, comes before a key of a mapping.
  func attribute(_ name: String) throws(ChatTemplateError) -> TemplateValue {
    if let own = ownAttribute(name) { return own }
    switch self {
    case .mapping(let mapping): return mapping[name] ?? .undefined(name)
    case .undefined: throw ChatTemplateError(.evaluation, "\"\(name.prefix(64))\" is read from \(kindName)")
    default: return .undefined(name)
    }
  }

  private func ownAttribute(_ name: String) -> TemplateValue? {
    switch self {
    case .namespace(let namespace): return namespace.values[name]
    case .loop(let loop): return LoopState.methods.contains(name) ? .method(name, of: self) : loop[name]
    case .cycler(let cycler) where name == "current": return cycler.current
    case .list(let list) where list.kind == .group && (name == "grouper" || name == "list"):
      return list.items[name == "grouper" ? 0 : 1]
    case .macro(let closure) where name == "name": return .text(closure.macro.name)
    default: return MethodLibrary.has(name, self) ? .method(name, of: self) : nil
    }
  }

  /// `value[index]`: an element comes before an attribute of the value's type.
  func element(_ index: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    switch (self, index) {
    case (.undefined, _): throw ChatTemplateError(.evaluation, "an element is read from \(kindName)")
    case (.mapping(let mapping), _):
      if let key = try? TemplateKey(index), let value = mapping[key] { return value }  // try?: no key, no element
    case (.list, .integer(let index)), (.range, .integer(let index)), (.text, .integer(let index)):
      return elementAt(index) ?? .undefined("element \(index)")
    case (_, .bool(let value)): return try element(.integer(value ? 1 : 0))
    default: break
    }
    guard case .text(let name) = index else { return .undefined("an element") }
    return ownAttribute(name.string) ?? .undefined(name.string)
  }

  private func elementAt(_ index: Int) -> TemplateValue? {
    func place(_ count: Int) -> Int? {
      let at = index < 0 ? index + count : index
      return (0..<count).contains(at) ? at : nil
    }
    switch self {
    case .list(let list): return list.hasIndices ? place(list.items.count).map { list.items[$0] } : nil
    case .range(let range): return place(range.count).map { .integer(range[$0]) }
    case .text(let text):
      return place(text.count).map { .text(TracedText(units: [text.units[$0]], isMarkup: text.isMarkup)) }
    default: return nil
    }
  }

  /// The value as a bound of a slice; nil for none.
  func sliceBound() throws(ChatTemplateError) -> Int? {
    if case .none = self { return nil }
    guard case .integer(let number)? = Arithmetic.Number(self) else {
      throw ChatTemplateError(.evaluation, "a slice is bounded by \(kindName)")
    }
    return number
  }

  func slice(
    _ bounds: (start: Int?, end: Int?, step: Int?), _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    switch self {
    case .list(let list) where list.hasIndices:
      let indices = try SliceIndices(bounds, count: list.items.count)
      try budget.spend(indices.count)
      return .list(try TemplateList(indices.map { list.items[$0] }, list.kind == .list ? .list : .tuple))
    case .range(let range):
      let indices = try SliceIndices(bounds, count: range.count)
      let (step, overflow) = range.step.multipliedReportingOverflow(by: indices.step)
      guard !overflow else { throw ChatTemplateError(.evaluation, "a number exceeds 64 bits") }
      return .range(try TemplateRange(start: range[indices.first], end: range[indices.end], step: step))
    case .text(let text):
      let indices = try SliceIndices(bounds, count: text.count)
      try budget.spend(characters: indices.count)
      return .text(TracedText(units: indices.map { text.units[$0] }, isMarkup: text.isMarkup))
    case .undefined: throw ChatTemplateError(.evaluation, "a slice is taken of \(kindName)")
    default: return .undefined("a slice")
    }
  }

  /// What a loop visits: elements, characters, or keys. A generator is empty afterwards.
  func items(_ budget: inout StepBudget) throws(ChatTemplateError) -> [TemplateValue] {
    switch self {
    case .list(let list):
      try budget.spend(list.items.count)
      return list.items
    case .range(let range):
      try budget.spend(range.count)
      return range.values
    case .text(let text):
      try budget.spend(text.count)
      return text.units.map { .text(TracedText(units: [$0])) }
    case .mapping(let mapping):
      try budget.spend(mapping.entries.count)
      return mapping.entries.map(\.key)
    case .iterator(let iterator):
      let items = iterator.takeAll()
      try budget.spend(items.count)
      return items
    case .undefined: return []
    default: throw ChatTemplateError(.evaluation, "\(kindName) has no elements")
    }
  }

  /// How many elements the value has; nil where it has no length.
  var length: Int? {
    switch self {
    case .text(let text): text.count
    case .list(let list): list.items.count
    case .range(let range): range.count
    case .mapping(let mapping): mapping.entries.count
    case .undefined: 0
    default: nil
    }
  }

  /// A mapping's keys with their values, as tuples.
  func pairs(_ budget: inout StepBudget) throws(ChatTemplateError) -> [TemplateValue] {
    guard case .mapping(let mapping) = self else { throw ChatTemplateError(.evaluation, "\(kindName) has no keys") }
    try budget.spend(mapping.entries.count)
    var pairs: [TemplateValue] = []
    for entry in mapping.entries { pairs.append(try .tuple([entry.key, entry.value])) }
    return pairs
  }
}
