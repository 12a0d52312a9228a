/// The operators `== != < <= > >= in`, `not in` between values.
enum Comparison {
  static func holds(
    _ left: TemplateValue, _ symbol: String, _ right: TemplateValue, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> Bool {
    switch symbol {
    case "==": return try areEqual(left, right, &budget)
    case "!=": return !(try areEqual(left, right, &budget))
    case "in": return try contains(right, left, &budget)
    case "not in": return !(try contains(right, left, &budget))
    default: break
    }
    if let left = Arithmetic.Number(left)?.double, let right = Arithmetic.Number(right)?.double {
      return order(left < right, left == right, symbol)
    }
    guard case .text(let first) = left, case .text(let second) = right else {
      throw ChatTemplateError(.evaluation, "\(left.kindName) and \(right.kindName) have no order")
    }
    try budget.spend(characters: min(first.count, second.count))
    let scalars = (first.units.lazy.map(TracedText.scalar), second.units.lazy.map(TracedText.scalar))
    return order(scalars.0.lexicographicallyPrecedes(scalars.1), scalars.0.elementsEqual(scalars.1), symbol)
  }

  private static func order(_ isLess: Bool, _ isEqual: Bool, _ symbol: String) -> Bool {
    switch symbol {
    case "<": isLess
    case "<=": isLess || isEqual
    case ">": !isLess && !isEqual
    default: !isLess
    }
  }

  private static func areEqual(
    _ left: TemplateValue, _ right: TemplateValue, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> Bool {
    try budget.spend()
    switch (left, right) {
    case (.none, .none), (.undefined, .undefined): return true
    case (.text(let left), .text(let right)):
      try budget.spend(characters: min(left.count, right.count))
      return TracedText.haveSameCharacters(left.units, right.units)
    case (.list(let left), .list(let right)):
      guard left.items.count == right.items.count else { return false }
      for (left, right) in zip(left.items, right.items) where !(try areEqual(left, right, &budget)) { return false }
      return true
    case (.mapping(let left), .mapping(let right)):
      guard left.entries.count == right.entries.count else { return false }
      for entry in left.entries {
        guard let other = right[entry.key], try areEqual(entry.value, other, &budget) else { return false }
      }
      return true
    case (.namespace(let left), .namespace(let right)): return left === right
    case (.function(let left), .function(let right)): return left == right
    default:
      guard let left = Arithmetic.Number(left), let right = Arithmetic.Number(right) else { return false }
      return left.double == right.double
    }
  }

  private static func contains(
    _ container: TemplateValue, _ value: TemplateValue, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> Bool {
    switch (container, value) {
    case (.text(let text), .text(let part)): return try text.firstIndex(of: part, from: 0, &budget) != nil
    case (.list(let list), _):
      for item in list.items where try areEqual(item, value, &budget) { return true }
      return false
    case (.mapping(let mapping), .text(let key)): return mapping[key.string] != nil
    case (.mapping, _), (.undefined, _): return false
    default: throw ChatTemplateError(.evaluation, "\"in\" is not defined for \(container.kindName)")
    }
  }
}
