/// The operators `+ - * / // % ~` between values.
enum Arithmetic {
  static func negative(_ value: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    switch value {
    case .integer(let number) where number != .min: return .integer(-number)
    case .float(let number): return .float(-number)
    default: throw ChatTemplateError(.evaluation, "\(value.kindName) cannot be negated")
    }
  }

  static func combine(
    _ left: TemplateValue, _ symbol: String, _ right: TemplateValue, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    switch (left, symbol, right) {
    case (_, "~", _): return try concatenate(try left.printed(&budget), try right.printed(&budget), &budget)
    case (.text(let left), "+", .text(let right)): return try concatenate(left, right, &budget)
    case (.list(let left), "+", .list(let right)):
      try budget.spend(left.items.count + right.items.count)
      return .list(try TemplateList(left.items + right.items))
    case (.text(let text), "*", .integer(let count)), (.integer(let count), "*", .text(let text)):
      return try `repeat`(text, max(0, count), &budget)
    default:
      guard let left = Number(left), let right = Number(right) else {
        throw ChatTemplateError(
          .evaluation, "\"\(symbol)\" is not defined between \(left.kindName) and \(right.kindName)")
      }
      return try calculate(left, symbol, right)
    }
  }

  private static func concatenate(
    _ left: TracedText, _ right: TracedText, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    try budget.spend(characters: left.count + right.count)
    return .text(TracedText(units: left.units + right.units))
  }

  private static func `repeat`(
    _ text: TracedText, _ count: Int, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    let (length, overflow) = text.count.multipliedReportingOverflow(by: count)
    try budget.spend(characters: overflow ? .max : length)
    var result = TracedText()
    result.units.reserveCapacity(length)
    while result.count < length { result.units.append(contentsOf: text.units) }
    return .text(result)
  }

  /// An operand of arithmetic; truth values count as 0 and 1.
  enum Number {
    case integer(Int)
    case float(Double)

    init?(_ value: TemplateValue) {
      switch value {
      case .integer(let value): self = .integer(value)
      case .float(let value): self = .float(value)
      case .bool(let value): self = .integer(value ? 1 : 0)
      default: return nil
      }
    }

    var double: Double {
      switch self {
      case .integer(let value): Double(value)
      case .float(let value): value
      }
    }
  }

  private static func calculate(
    _ left: Number, _ symbol: String, _ right: Number
  ) throws(ChatTemplateError) -> TemplateValue {
    if ["/", "//", "%"].contains(symbol), right.double == 0 {
      throw ChatTemplateError(.evaluation, "a number is divided by zero")
    }
    if case .integer(let left) = left, case .integer(let right) = right, symbol != "/" {
      let (result, overflow) = integer(left, symbol, right)
      guard !overflow else { throw ChatTemplateError(.evaluation, "a number exceeds 64 bits") }
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
  private static func integer(_ left: Int, _ symbol: String, _ right: Int) -> (Int, Bool) {
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
}
