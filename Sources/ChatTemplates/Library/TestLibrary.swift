/// Jinja's tests: `value is name(arguments)`.
enum TestLibrary {
  typealias Test = Builtin<TemplateValue>

  static let tests: [String: Test] = kinds.merging(comparisons) { first, _ in first }

  static func holds(
    _ name: String, _ value: TemplateValue, _ arguments: CallArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> Bool {
    guard let test = tests[name] else {
      throw ChatTemplateError(.unsupported, "the test \"\(name.prefix(64))\" is not supported")
    }
    return try test.call(name, value, arguments, &context).isTrue
  }

  // MARK: Kinds

  private static let kinds: [String: Test] = [
    "defined": kind { !$0.isUndefined },
    "undefined": kind { $0.isUndefined },
    "none": kind { if case .none = $0 { true } else { false } },
    "string": kind { if case .text = $0 { true } else { false } },
    "mapping": kind { if case .mapping = $0 { true } else { false } },
    "boolean": kind { if case .bool = $0 { true } else { false } },
    "true": kind { if case .bool(true) = $0 { true } else { false } },
    "false": kind { if case .bool(false) = $0 { true } else { false } },
    "integer": kind {
      switch $0 {
      case .integer, .digits: true
      default: false
      }
    },
    "float": kind { if case .float = $0 { true } else { false } },
    "number": kind { value in if case .digits = value { true } else { Arithmetic.Number(value) != nil } },
    "callable": kind(isCallable),
    "sequence": kind(isSequence),
    "iterable": kind { value in if case .iterator = value { true } else { value.length != nil } },
    "escaped": kind { if case .text(let text) = $0 { text.isMarkup } else { false } },
    "lower": text { $0.units.contains(where: isCased) && $0.units == $0.lowercased.units },
    "upper": text { $0.units.contains(where: isCased) && $0.units == $0.uppercased.units },
    "filter": Test { (value, _, _) throws(ChatTemplateError) in
      if case .text(let name) = value { .bool(FilterLibrary.filters[name.string] != nil) } else { .bool(false) }
    },
    "test": Test { (value, _, _) throws(ChatTemplateError) in
      if case .text(let name) = value { .bool(isTest(name.string)) } else { .bool(false) }
    },
  ]

  private static func isTest(_ name: String) -> Bool { tests[name] != nil }

  private static func kind(_ matches: @escaping @Sendable (TemplateValue) -> Bool) -> Test {
    Test { (value, _, _) throws(ChatTemplateError) in .bool(matches(value)) }
  }

  private static func text(_ matches: @escaping @Sendable (TracedText) -> Bool) -> Test {
    Test { (value, _, context) throws(ChatTemplateError) in .bool(matches(try value.printed(&context.budget))) }
  }

  private static func isCased(_ unit: UInt32) -> Bool {
    Unicode.Scalar(TracedText.scalar(unit))?.properties.isCased ?? false
  }

  @Sendable private static func isCallable(_ value: TemplateValue) -> Bool {
    switch value {
    case .function, .method, .macro, .joiner, .loop, .block(.some): true
    // As Jinja's own: an undefined value has a method for calls, which fails.
    case .undefined: true
    default: false
    }
  }

  @Sendable private static func isSequence(_ value: TemplateValue) -> Bool {
    switch value {
    case .text, .range, .mapping, .undefined: true
    case .list(let list): list.hasIndices
    default: false
    }
  }

  // MARK: Comparisons

  private static let comparisons: [String: Test] = [
    "equalto": comparison("=="), "eq": comparison("=="), "==": comparison("=="),
    "ne": comparison("!="), "!=": comparison("!="), "lt": comparison("<"), "lessthan": comparison("<"),
    "<": comparison("<"), "le": comparison("<="), "<=": comparison("<="), "gt": comparison(">"),
    "greaterthan": comparison(">"), ">": comparison(">"), "ge": comparison(">="), ">=": comparison(">="),
    "in": comparison("in"),
    "sameas": Test("other") { (value, arguments, context) throws(ChatTemplateError) in
      .bool(try isSame(value, try arguments.required(0), &context.budget))
    },
    "odd": Test { (value, _, context) throws(ChatTemplateError) in .bool(try remainder(value, 2, &context) == 1) },
    "even": Test { (value, _, context) throws(ChatTemplateError) in .bool(try remainder(value, 2, &context) == 0) },
    "divisibleby": Test("num") { (value, arguments, context) throws(ChatTemplateError) in
      .bool(try remainder(value, try arguments.integer(0) ?? 0, &context) == 0)
    },
  ]

  private static func comparison(_ symbol: String) -> Test {
    Test("other") { (value, arguments, context) throws(ChatTemplateError) in
      .bool(try Comparison.holds(value, symbol, try arguments.required(0), &context.budget))
    }
  }

  /// Whether both are one object in Python: of values only none, truth values, small numbers and texts can be.
  private static func isSame(
    _ left: TemplateValue, _ right: TemplateValue, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> Bool {
    switch (left, right) {
    case (.none, .none): true
    case (.bool(let left), .bool(let right)): left == right
    case (.integer, .integer), (.text, .text), (.namespace, .namespace), (.iterator, .iterator):
      try Comparison.areEqual(left, right, &budget)
    default: false
    }
  }

  private static func remainder(
    _ value: TemplateValue, _ divisor: Int, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> Double? {
    Arithmetic.Number(try Arithmetic.combine(value, "%", .integer(divisor), &context))?.double
  }
}
