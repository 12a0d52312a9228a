/// Whether constants are valid: exactly, and not only as far as texts are written.
struct SchemaCheck {
  private let document: SchemaDocument

  init(_ document: SchemaDocument) { self.document = document }

  func admits(_ value: SchemaValue, _ conjunction: SchemaConjunction) throws(GrammarError) -> Bool {
    if conjunction.isEmpty { return true }
    for shape in try SchemaBranches.shapes(of: conjunction, in: document) {
      if try admits(value, shape) { return true }
    }
    return false
  }

  func admits(_ value: SchemaValue, _ shape: SchemaShape) throws(GrammarError) -> Bool {
    try document.spend(1 + (shape.constants?.count ?? 0))
    guard shape.validKinds.contains(value.kind), shape.constants?.contains(value) ?? true else { return false }
    switch value {
    case .null, .bool: return true
    case .number(let number): return admits(number, shape)
    case .string(let text): return try admits(text, shape)
    case .array(let values): return try admits(values, shape)
    case .object(let object): return try admits(object, shape)
    }
  }

  private func admits(_ number: DecimalNumber, _ shape: SchemaShape) -> Bool {
    if let low = shape.minimum, number < low.value || low.isExclusive && number == low.value { return false }
    if let high = shape.maximum, number > high.value || high.isExclusive && number == high.value { return false }
    return shape.divisors.allSatisfy { divisor in number.integer.map { $0 % divisor == 0 } ?? false }
  }

  private func admits(_ text: [UInt8], _ shape: SchemaShape) throws(GrammarError) -> Bool {
    let length = String(decoding: text, as: UTF8.self).unicodeScalars.count
    guard length >= shape.minimumLength, shape.maximumLength.map({ length <= $0 }) ?? true else { return false }
    for pattern in shape.patterns where try !matches(pattern, text) { return false }
    return true
  }

  private func matches(_ pattern: SchemaShape.Pattern, _ text: [UInt8]) throws(GrammarError) -> Bool {
    let automaton = try pattern.automaton()
    try document.spend(automaton.cost(ofLength: 1 + text.count))
    return pattern.matches(text, automaton)
  }

  private func admits(_ values: [SchemaValue], _ shape: SchemaShape) throws(GrammarError) -> Bool {
    guard values.count >= shape.minimumItemCount, shape.maximumItemCount.map({ values.count <= $0 }) ?? true else {
      return false
    }
    for (index, value) in values.enumerated() {
      let item = index < shape.prefix.count ? shape.prefix[index] : shape.items
      guard try admits(value, item) else { return false }
    }
    return true
  }

  private func admits(_ object: SchemaObject, _ shape: SchemaShape) throws(GrammarError) -> Bool {
    let count = object.members.count
    guard count >= shape.minimumPropertyCount, shape.maximumPropertyCount.map({ count <= $0 }) ?? true,
      shape.required.allSatisfy({ object[$0] != nil })
    else { return false }
    for member in object.members {
      for pattern in shape.namePatterns where try !matches(pattern, member.name) { return false }
      guard try admits(member.value, try value(of: member.name, shape)) else { return false }
    }
    return true
  }

  /// The schema of a property, whether it is declared or not.
  func value(of name: [UInt8], _ shape: SchemaShape) throws(GrammarError) -> SchemaConjunction {
    if let declared = shape.properties[name] { return declared }
    var matched = SchemaConjunction()
    var isMatched = false
    for property in shape.patternProperties where try matches(property.pattern, name) {
      matched.formUnion(property.value)
      isMatched = true
    }
    return isMatched ? matched : shape.additional
  }
}
