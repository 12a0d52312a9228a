/// Prints values as Jinja does, or as JSON. The result counts as the user's, because it may contain what users wrote.
struct TemplatePrinter {
  enum Style {
    case python
    /// Spaces per level, or nil for a single line.
    case json(indent: Int?)
  }

  private let style: Style
  private(set) var text = ""
  private var budget: StepBudget

  static func print(
    _ value: TemplateValue, _ style: Style, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> String {
    var printer = TemplatePrinter(style: style, budget: budget)
    try printer.add(value, level: 0)
    budget = printer.budget
    return printer.text
  }

  private init(style: Style, budget: StepBudget) {
    self.style = style
    self.budget = budget
  }

  private var isJSON: Bool { if case .json = style { true } else { false } }

  private mutating func add(_ value: TemplateValue, level: Int) throws(ChatTemplateError) {
    try budget.spend(characters: 1)
    switch value {
    case .undefined:
      if isJSON { throw ChatTemplateError(.evaluation, "\(value.kindName) cannot be written as JSON") }
    case .none: text += isJSON ? "null" : "None"
    case .bool(let value): text += isJSON ? (value ? "true" : "false") : (value ? "True" : "False")
    case .integer(let value): text += String(value)
    case .float(let value):
      guard !isJSON || value.isFinite else {
        throw ChatTemplateError(.evaluation, "an infinite number or NaN cannot be written as JSON")
      }
      text += String(value)
    case .text(let string): try addQuoted(string)
    case .list(let list):
      try addGroup("[", "]", list.items.count, level) { (printer, index) throws(ChatTemplateError) in
        try printer.add(list.items[index], level: level + 1)
      }
    case .mapping(let mapping):
      try addGroup("{", "}", mapping.entries.count, level) { (printer, index) throws(ChatTemplateError) in
        try printer.addQuoted(TracedText(mapping.entries[index].key, isFromTemplate: false))
        printer.text += ": "
        try printer.add(mapping.entries[index].value, level: level + 1)
      }
    case .namespace, .loop, .function:
      throw ChatTemplateError(.evaluation, "\(value.kindName) cannot be written as text")
    }
    guard text.utf8.count <= ChatTemplateLimits.outputByteCount else {
      throw ChatTemplateError(
        .limit, "a value written as text exceeds \(ChatTemplateLimits.outputByteCount) bytes")
    }
  }

  private mutating func addGroup(
    _ open: String, _ close: String, _ count: Int, _ level: Int,
    _ element: (inout TemplatePrinter, Int) throws(ChatTemplateError) -> Void
  ) throws(ChatTemplateError) {
    text += open
    for index in 0..<count {
      if index > 0 { text += lineIndent == nil ? ", " : "," }
      addLineStart(level + 1)
      try element(&self, index)
    }
    if count > 0 { addLineStart(level) }
    text += close
  }

  private var lineIndent: Int? { if case .json(let indent) = style { indent } else { nil } }

  private mutating func addLineStart(_ level: Int) {
    guard let lineIndent else { return }
    text += "\n" + String(repeating: " ", count: lineIndent * level)
  }

  private mutating func addQuoted(_ string: TracedText) throws(ChatTemplateError) {
    try budget.spend(characters: string.count)
    let quote: Unicode.Scalar = isJSON || string.units.contains { TracedText.scalar($0) == 0x27 } ? "\"" : "'"
    text.unicodeScalars.append(quote)
    for scalar in string.string.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case quote: text += "\\" + String(quote)
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        let width = isJSON ? 4 : 2
        text += (isJSON ? "\\u" : "\\x") + String(repeating: "0", count: width - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text.unicodeScalars.append(quote)
  }
}

extension TemplateValue {
  /// The value as an output shows it. Strings keep their origin.
  func printed(_ budget: inout StepBudget) throws(ChatTemplateError) -> TracedText {
    switch self {
    case .text(let text):
      try budget.spend(characters: text.count)
      return text
    case .undefined: return TracedText()
    default: return TracedText(try TemplatePrinter.print(self, .python, &budget), isFromTemplate: false)
    }
  }
}
