/// `'{} {name:>8}'.format(…)`.
struct BraceFormat {
  private let units: [UInt32]
  private let isMarkup: Bool
  private let arguments: CallArguments
  private var at = 0
  /// Fields numbered by their order so far.
  private var automaticCount = 0
  private var isNumbered = false

  static func apply(
    _ format: TracedText, _ arguments: CallArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TracedText {
    var formatter = BraceFormat(units: format.units, isMarkup: format.isMarkup, arguments: arguments)
    var result = try formatter.run(level: 0, &context)
    result.isMarkup = format.isMarkup
    return result
  }

  private init(units: [UInt32], isMarkup: Bool, arguments: CallArguments) {
    self.units = units
    self.isMarkup = isMarkup
    self.arguments = arguments
  }

  private var next: UInt32? { at < units.count ? TracedText.scalar(units[at]) : nil }

  /// Text up to the end, or within a field's specification up to its closing brace.
  private mutating func run(level: Int, _ context: inout RenderContext) throws(ChatTemplateError) -> TracedText {
    var result = RenderedOutput()
    while let scalar = next {
      let isDoubled = at + 1 < units.count && TracedText.scalar(units[at + 1]) == scalar
      switch scalar {
      case 0x7B where !isDoubled || level > 0:
        at += 1
        try result.append(try field(level: level, &context))
      case 0x7D where level > 0: return result.text
      case 0x7B, 0x7D:
        guard isDoubled else { throw ChatTemplateError(.evaluation, "a format has a single \"}\"") }
        try result.append(TracedText(units: [units[at]]))
        at += 2
      default:
        try result.append(TracedText(units: [units[at]]))
        at += 1
      }
    }
    try context.budget.spend(characters: result.text.count)
    return result.text
  }

  /// A field after its opening brace, through the closing one.
  private mutating func field(level: Int, _ context: inout RenderContext) throws(ChatTemplateError) -> TracedText {
    guard level < 2 else { throw ChatTemplateError(.evaluation, "fields of a format are nested too deep") }
    try context.budget.spend()
    let name = take { $0 != 0x7D && $0 != 0x21 && $0 != 0x3A && $0 != 0x7B }
    var conversion: UInt32?
    if next == 0x21 {
      at += 1
      conversion = next
      at += 1
    }
    var specification = TracedText()
    let hasSpecification = next == 0x3A
    let value = try converted(try self.value(name), conversion, &context)
    if hasSpecification {
      at += 1
      specification = try run(level: level + 1, &context)
    }
    guard next == 0x7D else { throw ChatTemplateError(.evaluation, "a field of a format is not closed") }
    at += 1
    let text =
      specification.isEmpty
      ? try value.printed(&context.budget) : try FormatSpecification(specification).apply(value, &context)
    return isMarkup ? text.escaped : text
  }

  private mutating func take(while holds: (UInt32) -> Bool) -> String {
    let start = at
    while let scalar = next, holds(scalar) { at += 1 }
    return TracedText(units: units[start..<at]).string
  }

  private func converted(
    _ value: TemplateValue, _ conversion: UInt32?, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    switch conversion {
    case nil: return value
    case 0x73: return .text(try value.printed(&context.budget))
    case 0x72: return .text(try PythonPrinter.print(value, &context.budget))
    default: throw ChatTemplateError(.evaluation, "a format has an unknown conversion")
    }
  }

  /// The value of a field's name, such as `0`, `user.name` or `items[0]`.
  private mutating func value(_ name: String) throws(ChatTemplateError) -> TemplateValue {
    let first = name.prefix { $0 != "." && $0 != "[" }
    var value = try argument(String(first))
    var rest = name.dropFirst(first.count)
    while let mark = rest.popFirst() {
      if mark == "." {
        let attribute = rest.prefix { $0 != "." && $0 != "[" }
        rest = rest.dropFirst(attribute.count)
        value = try value.attribute(String(attribute))
      } else {
        let index = rest.prefix { $0 != "]" }
        rest = rest.dropFirst(index.count + 1)
        value = try value.element(Int(index).map(TemplateValue.integer) ?? .text(String(index)))
      }
    }
    return value
  }

  private mutating func argument(_ name: String) throws(ChatTemplateError) -> TemplateValue {
    let number = name.isEmpty ? automaticCount : Int(name)
    if name.isEmpty { automaticCount += 1 } else if number != nil { isNumbered = true }
    guard automaticCount == 0 || !isNumbered else {
      throw ChatTemplateError(.evaluation, "a format numbers some fields and not others")
    }
    if let number {
      guard arguments.positional.indices.contains(number) else {
        throw ChatTemplateError(.evaluation, "a format lacks its argument \(number)")
      }
      return arguments.positional[number]
    }
    guard let value = arguments.named.last(where: { $0.key == name })?.value else {
      throw ChatTemplateError(.evaluation, "a format lacks its argument \"\(name.prefix(64))\"")
    }
    return value
  }
}
