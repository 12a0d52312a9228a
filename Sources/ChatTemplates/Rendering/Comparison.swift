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
    case "<": return try precedes(left, right, &budget)
    case ">": return try precedes(right, left, &budget)
    case "<=": return try precedes(left, right, orEqual: true, &budget)
    default: return try precedes(right, left, orEqual: true, &budget)
    }
  }

  /// Whether `left` is less than `right`. Numbers, texts, and lists of one kind have an order.
  static func precedes(
    _ left: TemplateValue, _ right: TemplateValue, orEqual: Bool = false, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> Bool {
    try budget.spend()
    if let left = Arithmetic.Number(left), let right = Arithmetic.Number(right) {
      if case .integer(let left) = left, case .integer(let right) = right {
        return left < right || orEqual && left == right
      }
      return left.double < right.double || orEqual && left.double == right.double
    }
    switch (left, right) {
    case (.text(let left), .text(let right)):
      try budget.spend(characters: min(left.count, right.count))
      let scalars = (left.units.lazy.map(TracedText.scalar), right.units.lazy.map(TracedText.scalar))
      return scalars.0.lexicographicallyPrecedes(scalars.1) || orEqual && scalars.0.elementsEqual(scalars.1)
    case (.list(let left), .list(let right)) where left.kind == right.kind && left.hasIndices:
      for (first, second) in zip(left.items, right.items) where !(try areEqual(first, second, &budget)) {
        return try precedes(first, second, &budget)
      }
      return left.items.count < right.items.count || orEqual && left.items.count == right.items.count
    default: throw ChatTemplateError(.evaluation, "\(left.kindName) and \(right.kindName) have no order")
    }
  }

  static func areEqual(
    _ left: TemplateValue, _ right: TemplateValue, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> Bool {
    try budget.spend()
    switch (left, right) {
    case (.none, .none), (.undefined, .undefined): return true
    case (.digits(let left), .digits(let right)): return left == right
    case (.text(let left), .text(let right)):
      try budget.spend(characters: min(left.count, right.count))
      return TracedText.haveSameCharacters(left.units, right.units)
    case (.list(let left), .list(let right)): return try areEqual(left, right, &budget)
    case (.range(let left), .range(let right)):
      return left.count == right.count
        && (left.count == 0 || left.start == right.start && (left.count == 1 || left.step == right.step))
    case (.mapping(let left), .mapping(let right)): return try areEqual(left, right, &budget)
    case (.namespace(let left), .namespace(let right)): return left === right
    case (.iterator(let left), .iterator(let right)): return left === right
    case (.function(let left), .function(let right)): return left == right
    default:
      guard let left = Arithmetic.Number(left), let right = Arithmetic.Number(right) else { return false }
      if case .integer(let left) = left, case .integer(let right) = right { return left == right }
      return left.double == right.double
    }
  }

  private static func areEqual(
    _ left: TemplateList, _ right: TemplateList, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> Bool {
    // A group is a tuple.
    let areTuples = [left.kind, right.kind].allSatisfy { $0 == .tuple || $0 == .group }
    guard left.kind == right.kind || areTuples, left.items.count == right.items.count else { return false }
    for (left, right) in zip(left.items, right.items) where !(try areEqual(left, right, &budget)) { return false }
    return true
  }

  private static func areEqual(
    _ left: TemplateMapping, _ right: TemplateMapping, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> Bool {
    guard left.entries.count == right.entries.count else { return false }
    for entry in left.entries {
      guard let other = right[try TemplateKey(entry.key)], try areEqual(entry.value, other, &budget) else {
        return false
      }
    }
    return true
  }

  private static func contains(
    _ container: TemplateValue, _ value: TemplateValue, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> Bool {
    switch (container, value) {
    case (.text(let text), .text(let part)): return try text.firstIndex(of: part, &budget) != nil
    case (.mapping(let mapping), _): return mapping[try TemplateKey(value)] != nil
    case (.iterator(let iterator), _):
      while let item = iterator.next() { if try areEqual(item, value, &budget) { return true } }
      return false
    case (.list, _), (.range, _), (.undefined, _):
      for item in try container.items(&budget) where try areEqual(item, value, &budget) { return true }
      return false
    default:
      throw ChatTemplateError(
        .evaluation, "\"in\" is not defined between \(value.kindName) and \(container.kindName)")
    }
  }
}
