import Foundation

/// The operators `+ - * / // % ** ~` between values.
enum Arithmetic {
  static func signed(_ value: TemplateValue, isNegative: Bool) throws(ChatTemplateError) -> TemplateValue {
    switch Number(value) {
    case .integer(let number)? where !isNegative || number != .min: return .integer(isNegative ? -number : number)
    case .float(let number)?: return .float(isNegative ? -number : number)
    default: throw ChatTemplateError(.evaluation, "\(value.kindName) cannot have a sign")
    }
  }

  static func combine(
    _ left: TemplateValue, _ symbol: String, _ right: TemplateValue, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    switch (left, symbol, right) {
    case (_, "~", _):
      var (left, right) = (try left.printed(&context.budget), try right.printed(&context.budget))
      if !context.autoescapes { (left.isMarkup, right.isMarkup) = (false, false) }
      return try concatenate(left, right, &context.budget)
    case (.text(let left), "+", .text(let right)): return try concatenate(left, right, &context.budget)
    case (.text(let format), "%", _): return .text(try PercentFormat.apply(format, to: right, &context))
    case (.list(let left), "+", .list(let right)) where left.kind == right.kind && left.hasIndices:
      try context.budget.spend(left.items.count + right.items.count)
      return .list(try TemplateList(left.items + right.items, left.kind))
    case (.text, "*", _), (_, "*", .text), (.list, "*", _), (_, "*", .list):
      if let result = try repeated(left, right, &context.budget) { return result }
      if let result = try repeated(right, left, &context.budget) { return result }
    default: break
    }
    guard let first = Number(left), let second = Number(right) else {
      throw ChatTemplateError(
        .evaluation, "\"\(symbol)\" is not defined between \(left.kindName) and \(right.kindName)")
    }
    return try calculate(first, symbol, second)
  }

  private static func concatenate(
    _ left: TracedText, _ right: TracedText, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    try budget.spend(characters: left.count + right.count)
    return .text(left + right)
  }

  /// Nil unless `value` is a text or a list and `count` an integer.
  private static func repeated(
    _ value: TemplateValue, _ count: TemplateValue, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue? {
    guard case .integer(let times)? = Number(count) else { return nil }
    func length(of part: Int) -> Int {
      let (length, overflow) = part.multipliedReportingOverflow(by: max(0, times))
      return overflow ? .max : length
    }
    switch value {
    case .text(let text):
      try budget.spend(characters: length(of: text.count))
      let units = repeatElement(text.units, count: text.isEmpty ? 0 : max(0, times)).joined()
      return .text(TracedText(units: units, isMarkup: text.isMarkup))
    case .list(let list) where list.hasIndices:
      try budget.spend(length(of: list.items.count))
      let items = repeatElement(list.items, count: list.items.isEmpty ? 0 : max(0, times)).joined()
      return .list(try TemplateList(Array(items), list.kind))
    default: return nil
    }
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
    if symbol == "**" { return try power(left, right) }
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
    case "//": return .float(floored(left, right).quotient)
    default: return .float(floored(left, right).remainder)
    }
  }

  /// Division that rounds down; the remainder has the divisor's sign, also where it is zero.
  private static func floored(_ left: Double, _ right: Double) -> (quotient: Double, remainder: Double) {
    var remainder = left.truncatingRemainder(dividingBy: right)
    var quotient = (left - remainder) / right
    if remainder == 0 {
      remainder = Double(signOf: right, magnitudeOf: 0)
    } else if (right < 0) != (remainder < 0) {
      remainder += right
      quotient -= 1
    }
    guard quotient != 0 else { return (Double(signOf: left / right, magnitudeOf: 0), remainder) }
    let rounded = quotient.rounded(.down)
    return (quotient - rounded > 0.5 ? rounded + 1 : rounded, remainder)
  }

  /// The same of integers.
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

  private static func power(_ base: Number, _ exponent: Number) throws(ChatTemplateError) -> TemplateValue {
    if case .integer(let base) = base, case .integer(var rest) = exponent, rest >= 0 {
      var (result, square) = (1, base)
      while rest > 0 {
        var overflow = false
        if rest & 1 == 1 { (result, overflow) = result.multipliedReportingOverflow(by: square) }
        rest >>= 1
        var squareOverflow = false
        if rest > 0 { (square, squareOverflow) = square.multipliedReportingOverflow(by: square) }
        guard !overflow, !squareOverflow else { throw ChatTemplateError(.evaluation, "a number exceeds 64 bits") }
      }
      return .integer(result)
    }
    let (base, exponent) = (base.double, exponent.double)
    guard base != 0 || exponent >= 0, base >= 0 || exponent.rounded() == exponent else {
      throw ChatTemplateError(.evaluation, "a power is not a real number")
    }
    let result = pow(base, exponent)
    guard result.isFinite || !base.isFinite || !exponent.isFinite else {
      throw ChatTemplateError(.evaluation, "a power is beyond all numbers")
    }
    return .float(result)
  }
}
