/// `'%s %(name)d' % …`.
struct PercentFormat {
  private let units: [UInt32]
  private let isMarkup: Bool
  private let values: TemplateValue
  private var at = 0
  private var usedCount = 0

  /// - Parameter values: a tuple, a mapping for named fields, or the only value.
  static func apply(
    _ format: TracedText, to values: TemplateValue, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TracedText {
    var formatter = PercentFormat(units: format.units, isMarkup: format.isMarkup, values: values)
    var result = try formatter.run(&context)
    result.isMarkup = format.isMarkup
    return result
  }

  private init(units: [UInt32], isMarkup: Bool, values: TemplateValue) {
    self.units = units
    self.isMarkup = isMarkup
    self.values = values
  }

  private var next: UInt32? { at < units.count ? TracedText.scalar(units[at]) : nil }

  private mutating func run(_ context: inout RenderContext) throws(ChatTemplateError) -> TracedText {
    var result = RenderedOutput()
    try context.budget.spend(characters: units.count)
    while let scalar = next {
      at += 1
      if scalar == 0x25 {
        try result.append(try field(&context))
      } else {
        try result.append(TracedText(units: [units[at - 1]]))
      }
    }
    if case .list(let list) = values, list.kind == .tuple, usedCount < list.items.count {
      throw ChatTemplateError(.evaluation, "a format has fewer fields than values")
    }
    if case .list(let list) = values, list.kind == .tuple { return result.text }
    if case .mapping = values { return result.text }
    guard usedCount > 0 else { throw ChatTemplateError(.evaluation, "a format has fewer fields than values") }
    return result.text
  }

  /// A field after its percent sign.
  private mutating func field(_ context: inout RenderContext) throws(ChatTemplateError) -> TracedText {
    try context.budget.spend()
    var key: String?
    if next == 0x28 {
      let start = at + 1
      while let scalar = next, scalar != 0x29 { at += 1 }
      key = TracedText(units: units[min(start, at)..<at]).string
      at += 1
    }
    var specification = FormatSpecification()
    while let flag = next, [0x23, 0x30, 0x2D, 0x20, 0x2B].contains(flag) {
      switch flag {
      case 0x23: specification.isAlternate = true
      case 0x30 where specification.alignment == nil:
        (specification.fill, specification.alignment) = (0x30 | TracedText.templateBit, "=")
      case 0x2D: (specification.fill, specification.alignment) = (0x20 | TracedText.templateBit, "<")
      case 0x20 where specification.sign == "-": specification.sign = " "
      case 0x2B: specification.sign = "+"
      default: break
      }
      at += 1
    }
    specification.width = try number()
    if next == 0x2E {
      at += 1
      specification.precision = try number()
    }
    guard let type = next else { throw ChatTemplateError(.evaluation, "a format ends in a field without its type") }
    at += 1
    if type == 0x25 { return TracedText(units: [units[at - 1]]) }
    let text = try text(of: try value(key), type, specification, &context)
    return isMarkup ? text.escaped : text
  }

  /// Digits; 0 where there are none.
  private mutating func number() throws(ChatTemplateError) -> Int {
    guard next != 0x2A else { throw ChatTemplateError(.unsupported, "a width of \"*\" in a format is not supported") }
    var number = 0
    while let digit = next, (0x30...0x39).contains(digit) {
      number = number * 10 + Int(digit - 0x30)
      guard number <= FormatSpecification.longestWidth else {
        throw ChatTemplateError(
          .limit, "a format asks for more than \(FormatSpecification.longestWidth) characters")
      }
      at += 1
    }
    return number
  }

  private mutating func value(_ key: String?) throws(ChatTemplateError) -> TemplateValue {
    if let key {
      usedCount += 1
      guard case .mapping(let mapping) = values, let value = mapping[key] else {
        throw ChatTemplateError(.evaluation, "a format lacks its value \"\(key.prefix(64))\"")
      }
      return value
    }
    defer { usedCount += 1 }
    if case .list(let list) = values, list.kind == .tuple {
      guard usedCount < list.items.count else {
        throw ChatTemplateError(.evaluation, "a format has more fields than values")
      }
      return list.items[usedCount]
    }
    guard usedCount == 0 else { throw ChatTemplateError(.evaluation, "a format has more fields than values") }
    return values
  }

  private func text(
    of value: TemplateValue, _ type: UInt32, _ given: FormatSpecification, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TracedText {
    var specification = given
    specification.type = Unicode.Scalar(type)
    if specification.alignment == nil { specification.alignment = ">" }
    switch (specification.type, Arithmetic.Number(value)) {
    case ("s", _), ("r", _), ("a", _):
      specification.type = nil
      if specification.alignment == "=" {
        (specification.alignment, specification.fill) = (">", 0x20 | TracedText.templateBit)
      }
      let text =
        type == 0x73
        ? try value.printed(&context.budget)
        : TracedText(try PythonPrinter.print(value, &context.budget), isFromTemplate: false)
      return try specification.apply(.text(text), &context)
    case ("c", nil):
      specification.type = nil
      guard case .text(let text) = value, text.count == 1 else { break }
      return try specification.apply(.text(text), &context)
    case ("d", let number?), ("i", let number?), ("u", let number?), ("x", let number?), ("X", let number?),
      ("o", let number?):
      if type != 0x78, type != 0x58, type != 0x6F { specification.type = "d" }
      guard let whole = Int(exactly: number.double.rounded(.towardZero)) else { break }
      if case .integer(let exact) = number { return try digits(exact, specification, &context) }
      return try digits(whole, specification, &context)
    case ("e", .some), ("E", .some), ("f", .some), ("F", .some), ("g", .some), ("G", .some), ("c", .some):
      return try specification.apply(value, &context)
    default: break
    }
    throw ChatTemplateError(
      .evaluation, "the format \"%\(specification.type.map { String($0) } ?? "")\" is not defined for \(value.kindName)"
    )
  }

  /// A whole number, whose precision is its least number of digits.
  private func digits(
    _ value: Int, _ given: FormatSpecification, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TracedText {
    var specification = given
    let precision = specification.precision ?? 0
    specification.precision = nil
    guard precision > 0 else { return try specification.apply(.integer(value), &context) }
    var inner = FormatSpecification()
    (inner.type, inner.sign, inner.isAlternate) = (specification.type, specification.sign, specification.isAlternate)
    (inner.fill, inner.alignment) = (0x30 | TracedText.templateBit, "=")
    inner.width = precision + (value < 0 || inner.sign != "-" ? 1 : 0)
    let text = try inner.apply(.integer(value), &context)
    specification.type = nil
    if specification.alignment == "=" {
      (specification.alignment, specification.fill) = (">", 0x20 | TracedText.templateBit)
    }
    return try specification.apply(.text(text), &context)
  }
}
