extension TemplateRenderer {
  /// `value is name(arguments)`.
  mutating func test(
    _ value: TemplateValue, _ name: String, _ arguments: CallArguments
  ) throws(ChatTemplateError) -> Bool {
    switch name {
    case "defined", "undefined":
      let isUndefined = if case .undefined = value { true } else { false }
      return isUndefined == (name == "undefined")
    case "none": return if case .none = value { true } else { false }
    case "string": return if case .text = value { true } else { false }
    case "mapping": return if case .mapping = value { true } else { false }
    case "boolean": return if case .bool = value { true } else { false }
    case "integer": return if case .integer = value { true } else { false }
    case "float": return if case .float = value { true } else { false }
    case "callable": return false
    case "true", "false":
      guard case .bool(let truth) = value else { return false }
      return truth == (name == "true")
    case "number":
      switch value {
      case .integer, .float, .bool: return true
      default: return false
      }
    case "iterable", "sequence":
      switch value {
      case .text, .list, .mapping: return true
      case .undefined: return name == "iterable"
      default: return false
      }
    default: return try comparingTest(value, name, arguments)
    }
  }

  private static let comparisons = [
    "equalto": "==", "eq": "==", "==": "==", "sameas": "==", "ne": "!=", "lt": "<", "lessthan": "<",
    "le": "<=",
    "gt": ">", "greaterthan": ">", "ge": ">=", "in": "in",
  ]

  private mutating func comparingTest(
    _ value: TemplateValue, _ name: String, _ arguments: CallArguments
  ) throws(ChatTemplateError) -> Bool {
    if name == "odd" || name == "even" || name == "divisibleby" {
      guard case .integer(let number) = value else {
        throw ChatTemplateError(.evaluation, "\(value.kindName) is neither odd nor even, nor divisible")
      }
      let divisor = name == "divisibleby" ? arguments.integer(0, "num") ?? 0 : 2
      guard divisor != 0 else { throw ChatTemplateError(.evaluation, "a number is divided by zero") }
      return number.isMultiple(of: divisor) != (name == "odd")
    }
    guard let symbol = Self.comparisons[name] else {
      throw ChatTemplateError(.unsupported, "the test \"\(name.prefix(64))\" is not supported")
    }
    guard let other = arguments[0, "other"] else {
      throw ChatTemplateError(.evaluation, "the test \"\(name)\" needs a value to compare with")
    }
    return try compare(value, symbol, other)
  }
}
