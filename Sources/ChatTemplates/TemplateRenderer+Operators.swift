extension TemplateRenderer {
  func negative(_ value: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    switch value {
    case .integer(let number) where number != .min: return .integer(-number)
    case .float(let number): return .float(-number)
    default: throw ChatTemplateError(.evaluation, "\(value.kindName) has no negative")
    }
  }

  mutating func combine(
    _ left: TemplateValue, _ symbol: String, _ right: TemplateValue
  ) throws(ChatTemplateError) -> TemplateValue {
    switch (left, symbol, right) {
    case (_, "~", _): return try concatenate(try printed(left), try printed(right))
    case (.text(let left), "+", .text(let right)): return try concatenate(left, right)
    case (.list(let left), "+", .list(let right)):
      try budget.spend(left.items.count + right.items.count)
      return .list(try TemplateList(left.items + right.items))
    case (.text(let text), "*", .integer(let count)), (.integer(let count), "*", .text(let text)):
      let (length, overflow) = text.count.multipliedReportingOverflow(by: max(0, count))
      try budget.spend(characters: overflow ? .max : length)
      var result = TracedText()
      result.units.reserveCapacity(length)
      while result.count < length { result.units.append(contentsOf: text.units) }
      return .text(result)
    default:
      guard let left = number(left), let right = number(right) else {
        throw ChatTemplateError(
          .evaluation, "\"\(symbol)\" has no meaning between \(left.kindName) and \(right.kindName)")
      }
      return try calculate(left, symbol, right)
    }
  }

  private mutating func concatenate(_ left: TracedText, _ right: TracedText) throws(ChatTemplateError)
    -> TemplateValue
  {
    try budget.spend(characters: left.count + right.count)
    return .text(TracedText(units: left.units + right.units))
  }

  private enum Number {
    case integer(Int)
    case float(Double)

    var double: Double {
      switch self {
      case .integer(let value): Double(value)
      case .float(let value): value
      }
    }
  }

  private func number(_ value: TemplateValue) -> Number? {
    switch value {
    case .integer(let value): .integer(value)
    case .float(let value): .float(value)
    case .bool(let value): .integer(value ? 1 : 0)
    default: nil
    }
  }

  private func calculate(_ left: Number, _ symbol: String, _ right: Number) throws(ChatTemplateError)
    -> TemplateValue
  {
    if ["/", "//", "%"].contains(symbol), right.double == 0 {
      throw ChatTemplateError(.evaluation, "a number is divided by zero")
    }
    if case .integer(let left) = left, case .integer(let right) = right, symbol != "/" {
      let (result, overflow) = integer(left, symbol, right)
      guard !overflow else { throw ChatTemplateError(.evaluation, "a number grows beyond 64 bits") }
      return .integer(result)
    }
    let (left, right) = (left.double, right.double)
    switch symbol {
    case "+": return .float(left + right)
    case "-": return .float(left - right)
    case "*": return .float(left * right)
    case "/": return .float(left / right)
    case "//": return .float((left / right).rounded(.down))
    default: return .float(left - (left / right).rounded(.down) * right)
    }
  }

  /// Division rounds down and the remainder has the divisor's sign, as in Python.
  private func integer(_ left: Int, _ symbol: String, _ right: Int) -> (Int, Bool) {
    switch symbol {
    case "+": return left.addingReportingOverflow(right)
    case "-": return left.subtractingReportingOverflow(right)
    case "*": return left.multipliedReportingOverflow(by: right)
    default:
      let (quotient, overflow) = left.dividedReportingOverflow(by: right)
      if overflow { return (0, symbol == "//") }
      let remainder = left - quotient * right
      let roundsDown = remainder != 0 && (remainder < 0) != (right < 0)
      if symbol == "//" { return (roundsDown ? quotient - 1 : quotient, false) }
      return (roundsDown ? remainder + right : remainder, false)
    }
  }

  // MARK: Comparing

  mutating func compare(
    _ left: TemplateValue, _ symbol: String, _ right: TemplateValue
  ) throws(ChatTemplateError) -> Bool {
    switch symbol {
    case "==": return try areEqual(left, right)
    case "!=": return !(try areEqual(left, right))
    case "in": return try contains(right, left)
    case "not in": return !(try contains(right, left))
    default: break
    }
    if let left = number(left)?.double, let right = number(right)?.double {
      return order(left < right, left == right, symbol)
    }
    guard case .text(let first) = left, case .text(let second) = right else {
      throw ChatTemplateError(.evaluation, "\(left.kindName) and \(right.kindName) have no order")
    }
    try budget.spend(characters: min(first.count, second.count))
    let scalars = (first.units.lazy.map(TracedText.scalar), second.units.lazy.map(TracedText.scalar))
    return order(scalars.0.lexicographicallyPrecedes(scalars.1), scalars.0.elementsEqual(scalars.1), symbol)
  }

  private func order(_ isLess: Bool, _ isEqual: Bool, _ symbol: String) -> Bool {
    switch symbol {
    case "<": isLess
    case "<=": isLess || isEqual
    case ">": !isLess && !isEqual
    default: !isLess
    }
  }

  mutating func areEqual(_ left: TemplateValue, _ right: TemplateValue) throws(ChatTemplateError) -> Bool {
    try budget.spend()
    switch (left, right) {
    case (.none, .none), (.undefined, .undefined): return true
    case (.text(let left), .text(let right)):
      try budget.spend(characters: min(left.count, right.count))
      return TracedText.haveSameCharacters(left.units, right.units)
    case (.list(let left), .list(let right)):
      guard left.items.count == right.items.count else { return false }
      for (left, right) in zip(left.items, right.items) where !(try areEqual(left, right)) { return false }
      return true
    case (.mapping(let left), .mapping(let right)):
      guard left.entries.count == right.entries.count else { return false }
      for entry in left.entries {
        guard let other = right[entry.key], try areEqual(entry.value, other) else { return false }
      }
      return true
    case (.namespace(let left), .namespace(let right)): return left === right
    default:
      guard let left = number(left), let right = number(right) else { return false }
      return left.double == right.double
    }
  }

  mutating func contains(_ container: TemplateValue, _ value: TemplateValue) throws(ChatTemplateError) -> Bool {
    switch (container, value) {
    case (.text(let text), .text(let part)): return try firstIndex(of: part, in: text, from: 0) != nil
    case (.list(let list), _):
      for item in list.items where try areEqual(item, value) { return true }
      return false
    case (.mapping(let mapping), .text(let key)): return mapping[key.string] != nil
    case (.mapping, _), (.undefined, _): return false
    default: throw ChatTemplateError(.evaluation, "\"in\" has no meaning for \(container.kindName)")
    }
  }

  /// The first place of a text within another. Every comparison counts towards the budget, as much as copying
  /// four characters.
  mutating func firstIndex(
    of part: TracedText, in text: TracedText, from start: Int
  ) throws(ChatTemplateError) -> Int? {
    if part.isEmpty { return start <= text.count ? start : nil }
    var comparisons = 0
    var at = start
    while at + part.count <= text.count {
      var length = 0
      while length < part.count,
        TracedText.scalar(text.units[at + length]) == TracedText.scalar(part.units[length])
      { length += 1 }
      if length == part.count { return at }
      comparisons += length + 1
      if comparisons >= 4096 {
        try budget.spend(comparisons / 16)
        comparisons = 0
      }
      at += 1
    }
    try budget.spend(comparisons / 16)
    return nil
  }
}
