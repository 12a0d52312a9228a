/// Jinja's tests: `value is name(arguments)`.
enum TestLibrary {
  typealias Test = @Sendable (TemplateValue, CallArguments, inout StepBudget) throws(ChatTemplateError) -> Bool

  static let tests: [String: Test] = kinds.merging(comparisons) { first, _ in first }

  static func holds(
    _ name: String, _ value: TemplateValue, _ arguments: CallArguments, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> Bool {
    guard let test = tests[name] else {
      throw ChatTemplateError(.unsupported, "the test \"\(name.prefix(64))\" is not supported")
    }
    return try test(value, arguments, &budget)
  }

  // MARK: Kinds

  private static let kinds: [String: Test] = [
    "defined": kind { if case .undefined = $0 { false } else { true } },
    "undefined": kind { if case .undefined = $0 { true } else { false } },
    "none": kind { if case .none = $0 { true } else { false } },
    "string": kind { if case .text = $0 { true } else { false } },
    "mapping": kind { if case .mapping = $0 { true } else { false } },
    "boolean": kind { if case .bool = $0 { true } else { false } },
    "true": kind { if case .bool(true) = $0 { true } else { false } },
    "false": kind { if case .bool(false) = $0 { true } else { false } },
    "integer": kind { if case .integer = $0 { true } else { false } },
    "float": kind { if case .float = $0 { true } else { false } },
    "number": kind { Arithmetic.Number($0) != nil },
    "callable": kind { if case .function = $0 { true } else { false } },
    "sequence": kind(isSequence),
    "iterable": kind { value in if case .undefined = value { true } else { isSequence(value) } },
  ]

  private static func kind(_ matches: @escaping @Sendable (TemplateValue) -> Bool) -> Test {
    { (value, _, _) throws(ChatTemplateError) in matches(value) }
  }

  @Sendable private static func isSequence(_ value: TemplateValue) -> Bool {
    switch value {
    case .text, .list, .mapping: true
    default: false
    }
  }

  // MARK: Comparisons

  private static let comparisons: [String: Test] = [
    "equalto": comparison("=="), "eq": comparison("=="), "==": comparison("=="), "sameas": comparison("=="),
    "ne": comparison("!="), "lt": comparison("<"), "lessthan": comparison("<"), "le": comparison("<="),
    "gt": comparison(">"), "greaterthan": comparison(">"), "ge": comparison(">="), "in": comparison("in"),
    "odd": { (value, _, _) throws(ChatTemplateError) in !(try isMultiple(value, of: 2)) },
    "even": { (value, _, _) throws(ChatTemplateError) in try isMultiple(value, of: 2) },
    "divisibleby": { (value, arguments, _) throws(ChatTemplateError) in
      try isMultiple(value, of: arguments.integer(0, "num") ?? 0)
    },
  ]

  private static func comparison(_ symbol: String) -> Test {
    { (value, arguments, budget) throws(ChatTemplateError) in
      guard let other = arguments[0, "other"] else {
        throw ChatTemplateError(.evaluation, "a test for \"\(symbol)\" requires a value to compare with")
      }
      return try Comparison.holds(value, symbol, other, &budget)
    }
  }

  private static func isMultiple(_ value: TemplateValue, of divisor: Int) throws(ChatTemplateError) -> Bool {
    guard case .integer(let number) = value else {
      throw ChatTemplateError(
        .evaluation, "\(value.kindName) is not an integer, so it is neither odd, even nor divisible")
    }
    guard divisor != 0 else { throw ChatTemplateError(.evaluation, "a number is divided by zero") }
    return number.isMultiple(of: divisor)
  }
}
