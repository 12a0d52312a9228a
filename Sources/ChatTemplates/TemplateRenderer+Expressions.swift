extension TemplateRenderer {
  mutating func evaluate(_ expression: Expression) throws(ChatTemplateError) -> TemplateValue {
    try budget.spend()
    switch expression {
    case .literal(let literal): return value(of: literal)
    case .name(let name): return variable(name) ?? .undefined(name)
    case .list(let expressions):
      var items: [TemplateValue] = []
      for expression in expressions { items.append(try evaluate(expression)) }
      return .list(try TemplateList(items))
    case .mapping(let entries): return try mapping(entries)
    case .not(let operand): return .bool(!(try evaluate(operand).isTrue))
    case .negative(let operand): return try negative(try evaluate(operand))
    case .chain(let first, let rest):
      var value = try evaluate(first)
      for (symbol, operand) in rest { value = try combine(value, symbol, try evaluate(operand)) }
      return value
    case .comparison(let first, let rest):
      var left = try evaluate(first)
      for (symbol, operand) in rest {
        let right = try evaluate(operand)
        guard try compare(left, symbol, right) else { return .bool(false) }
        left = right
      }
      return .bool(true)
    case .all(let operands), .any(let operands): return try evaluate(operands, of: expression)
    case .choice(let value, let condition, let otherwise):
      if try evaluate(condition).isTrue { return try evaluate(value) }
      return try otherwise.map { (other) throws(ChatTemplateError) in try evaluate(other) }
        ?? .undefined("else")
    case .postfix(let operand, let rest): return try evaluate(operand, rest)
    }
  }

  private func value(of literal: Literal) -> TemplateValue {
    switch literal {
    case .none: .none
    case .bool(let value): .bool(value)
    case .integer(let value): .integer(value)
    case .float(let value): .float(value)
    case .text(let text): .text(text)
    }
  }

  /// `and` and `or` give the operand that decided.
  private mutating func evaluate(
    _ operands: [Expression], of expression: Expression
  ) throws(ChatTemplateError) -> TemplateValue {
    let deciding = if case .any = expression { true } else { false }
    var value = TemplateValue.none
    for operand in operands {
      value = try evaluate(operand)
      if value.isTrue == deciding { break }
    }
    return value
  }

  private mutating func mapping(
    _ entries: [(key: Expression, value: Expression)]
  ) throws(ChatTemplateError) -> TemplateValue {
    var made: [(key: String, value: TemplateValue)] = []
    for entry in entries {
      guard case .text(let key) = try evaluate(entry.key) else {
        throw ChatTemplateError(.unsupported, "keys of mappings have to be texts")
      }
      made.append((key.string, try evaluate(entry.value)))
    }
    return .mapping(try TemplateMapping(made))
  }

  private mutating func evaluate(_ operand: Expression, _ rest: [Postfix]) throws(ChatTemplateError)
    -> TemplateValue
  {
    var rest = rest[...]
    var value: TemplateValue
    if case .name(let name) = operand, case .call(let arguments)? = rest.first {
      value = try callFunction(name, try evaluate(arguments))
      rest.removeFirst()
    } else {
      value = try evaluate(operand)
    }
    for postfix in rest {
      try budget.spend()
      switch postfix {
      case .attribute(let name): value = try attribute(name, of: value)
      case .subscripted(let index): value = try element(try evaluate(index), of: value)
      case .slice(let start, let end, let step): value = try slice(value, start, end, step)
      case .call: throw ChatTemplateError(.evaluation, "\(value.kindName) cannot be called")
      case .method(let name, let arguments): value = try callMethod(name, of: value, try evaluate(arguments))
      case .filter(let name, let arguments): value = try filter(value, name, try evaluate(arguments))
      case .test(let name, let arguments, let isNegated):
        value = .bool(try test(value, name, try evaluate(arguments)) != isNegated)
      }
    }
    return value
  }

  private mutating func evaluate(_ arguments: [Argument]) throws(ChatTemplateError) -> CallArguments {
    var result = CallArguments()
    for argument in arguments {
      let value = try evaluate(argument.value)
      if let name = argument.name {
        result.named.append((name, value))
      } else {
        result.positional.append(value)
      }
    }
    return result
  }

  private func attribute(_ name: String, of value: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    switch value {
    case .mapping(let mapping): mapping[name] ?? .undefined(name)
    case .namespace(let namespace): namespace.values[name] ?? .undefined(name)
    case .loop(let loop): loop[name]
    case .undefined: throw ChatTemplateError(.evaluation, "\"\(name)\" is asked of \(value.kindName)")
    default: .undefined(name)
    }
  }

  func element(_ index: TemplateValue, of value: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    switch (value, index) {
    case (.mapping, .text(let key)), (.namespace, .text(let key)), (.loop, .text(let key)):
      return try attribute(key.string, of: value)
    case (.list(let list), .integer(let index)):
      let at = index < 0 ? index + list.items.count : index
      return list.items.indices.contains(at) ? list.items[at] : .undefined("element \(index)")
    case (.text(let text), .integer(let index)):
      let at = index < 0 ? index + text.count : index
      return text.units.indices.contains(at)
        ? .text(TracedText(units: [text.units[at]])) : .undefined("element \(index)")
    case (.undefined, _): throw ChatTemplateError(.evaluation, "an element is asked of \(value.kindName)")
    default: return .undefined("an element")
    }
  }

  private mutating func slice(
    _ value: TemplateValue, _ start: Expression?, _ end: Expression?, _ step: Expression?
  ) throws(ChatTemplateError) -> TemplateValue {
    let bounds = (try bound(start), try bound(end), try bound(step))
    switch value {
    case .list(let list):
      let indices = try SliceIndices(bounds, count: list.items.count)
      try budget.spend(indices.count)
      return .list(try TemplateList(indices.map { list.items[$0] }))
    case .text(let text):
      let indices = try SliceIndices(bounds, count: text.count)
      try budget.spend(characters: indices.count)
      return .text(TracedText(units: indices.map { text.units[$0] }))
    default: throw ChatTemplateError(.evaluation, "a slice is asked of \(value.kindName)")
    }
  }

  private mutating func bound(_ expression: Expression?) throws(ChatTemplateError) -> Int? {
    guard let expression else { return nil }
    switch try evaluate(expression) {
    case .integer(let value): return value
    case .none: return nil
    case let value: throw ChatTemplateError(.evaluation, "a slice is bounded by \(value.kindName)")
    }
  }
}

/// Values given to a function, filter, test or method.
struct CallArguments {
  var positional: [TemplateValue] = []
  /// In the order of the source.
  var named: [(key: String, value: TemplateValue)] = []

  /// The argument at a place or of a name.
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
}

/// The indices that a slice takes, as Python has them: negative bounds count from the end, all are clamped.
struct SliceIndices: Sequence {
  private let first: Int
  private let step: Int
  let count: Int

  init(_ bounds: (start: Int?, end: Int?, step: Int?), count total: Int) throws(ChatTemplateError) {
    step = bounds.step ?? 1
    guard step != 0, step.magnitude <= UInt(Int32.max) else {
      throw ChatTemplateError(.evaluation, "a slice's step is \(step)")
    }
    let (low, high) = step > 0 ? (0, total) : (-1, total - 1)
    func clamp(_ bound: Int) -> Int { Swift.min(Swift.max(bound < 0 ? bound + total : bound, low), high) }
    first = bounds.start.map(clamp) ?? (step > 0 ? low : high)
    let end = bounds.end.map(clamp) ?? (step > 0 ? high : low)
    count =
      step > 0
      ? Swift.max(0, (end - first + step - 1) / step) : Swift.max(0, (first - end - step - 1) / -step)
  }

  func makeIterator() -> some IteratorProtocol<Int> {
    (0..<count).lazy.map { [first, step] index in first + index * step }.makeIterator()
  }
}
