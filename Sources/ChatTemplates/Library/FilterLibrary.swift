/// The filters that a template may apply: `value | name(arguments)`.
enum FilterLibrary {
  typealias Filter =
    @Sendable (TemplateValue, CallArguments, inout StepBudget) throws(ChatTemplateError) -> TemplateValue

  static let filters: [String: Filter] = {
    let texts: [String: Filter] = [
      "trim": trim, "replace": replace, "indent": indent,
      "upper": text { $0.uppercased },
      "lower": text { $0.lowercased },
      "title": text { $0.capitalized(everyWord: true) },
      "capitalize": text { $0.capitalized(everyWord: false) },
      "string": text { $0 },
      "safe": text { $0 },
      "tojson": json,
    ]
    let values: [String: Filter] = [
      "default": substitute, "d": substitute, "length": count, "count": count, "int": integer, "float": float,
      "abs": magnitude,
    ]
    return texts.merging(values) { first, _ in first }.merging(ListFilters.filters) { first, _ in first }
  }()

  static func apply(
    _ name: String, to value: TemplateValue, _ arguments: CallArguments, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    guard let filter = filters[name] else {
      throw ChatTemplateError(.unsupported, "the filter \"\(name.prefix(64))\" is not supported")
    }
    return try filter(value, arguments, &budget)
  }

  // MARK: Text

  /// A filter that changes the printed value.
  private static func text(_ change: @escaping @Sendable (TracedText) -> TracedText) -> Filter {
    { (value, _, budget) throws(ChatTemplateError) in .text(change(try value.printed(&budget))) }
  }

  @Sendable private static func trim(
    _ value: TemplateValue, _ arguments: CallArguments, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    .text(try value.printed(&budget).trimmed(arguments, &budget))
  }

  @Sendable private static func replace(
    _ value: TemplateValue, _ arguments: CallArguments, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    .text(try value.printed(&budget).replaced(arguments, &budget))
  }

  @Sendable private static func indent(
    _ value: TemplateValue, _ arguments: CallArguments, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    .text(try value.printed(&budget).indented(arguments, &budget))
  }

  @Sendable private static func json(
    _ value: TemplateValue, _ arguments: CallArguments, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    let indent = arguments.integer(0, "indent").map { min(max($0, 0), 16) }
    return .text(try TemplatePrinter.print(value, .json(indent: indent), &budget))
  }

  // MARK: Any value

  @Sendable private static func substitute(
    _ value: TemplateValue, _ arguments: CallArguments, _: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    let isUndefined = if case .undefined = value { true } else { false }
    let replacesFalse = arguments[1, "boolean"]?.isTrue ?? false
    return isUndefined || (replacesFalse && !value.isTrue) ? arguments[0, "default_value"] ?? .text("") : value
  }

  @Sendable private static func count(
    _ value: TemplateValue, _: CallArguments, _: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    switch value {
    case .text(let text): return .integer(text.count)
    case .list(let list): return .integer(list.items.count)
    case .mapping(let mapping): return .integer(mapping.entries.count)
    case .undefined: return .integer(0)
    default: throw ChatTemplateError(.evaluation, "\(value.kindName) has no length")
    }
  }

  // MARK: Numbers

  @Sendable private static func integer(
    _ value: TemplateValue, _ arguments: CallArguments, _: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    if case .integer = value { return value }
    if case .text(let text) = value, let number = parsed(text, Int.init) { return .integer(number) }
    guard let number = number(value) else { return arguments[0, "default"] ?? .integer(0) }
    return .integer(Int(exactly: number.rounded(.towardZero)) ?? 0)
  }

  @Sendable private static func float(
    _ value: TemplateValue, _ arguments: CallArguments, _: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    number(value).map(TemplateValue.float) ?? arguments[0, "default"] ?? .float(0)
  }

  @Sendable private static func magnitude(
    _ value: TemplateValue, _ arguments: CallArguments, _: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    if case .integer(let number) = value { return .integer(abs(max(number, -.max))) }
    if case .text = value { return arguments[0, "default"] ?? .integer(0) }
    return number(value).map { .float($0.magnitude) } ?? arguments[0, "default"] ?? .integer(0)
  }

  private static func number(_ value: TemplateValue) -> Double? {
    if case .text(let text) = value { return parsed(text, Double.init) }
    return Arithmetic.Number(value)?.double
  }

  /// A number written in a text of a number's length.
  private static func parsed<Number>(_ text: TracedText, _ parse: (String) -> Number?) -> Number? {
    text.count <= 64 ? parse(text.trimmed().string) : nil
  }
}
