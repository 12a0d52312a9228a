/// Writes values as Python's `json.dumps` does. The result counts as the user's, because it may contain what users
/// wrote.
struct JSONPrinter {
  struct Style {
    /// Whether characters beyond ASCII are escaped.
    var isASCII = false
    /// Blanks per level; nil writes one line.
    var indent: String?
    /// Nil for the usual ones: `, ` or, before a line end, `,`.
    var itemSeparator: String?
    var keySeparator = ": "
    var sortsKeys = false
  }

  private let style: Style
  private let itemSeparator: String
  private var text = ""
  private var budget: StepBudget

  static func print(
    _ value: TemplateValue, _ style: Style, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> String {
    var printer = JSONPrinter(style: style, budget: budget)
    try printer.add(value, level: 0)
    budget = printer.budget
    return printer.text
  }

  private init(style: Style, budget: StepBudget) {
    self.style = style
    self.budget = budget
    itemSeparator = style.itemSeparator ?? (style.indent == nil ? ", " : ",")
  }

  private mutating func add(_ value: TemplateValue, level: Int) throws(ChatTemplateError) {
    try budget.spend(characters: 1)
    switch value {
    case .none: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .digits(let digits): text += digits
    case .float(let value): text += Self.number(value)
    case .text(let string): try addQuoted(string.string)
    case .list(let list) where list.hasIndices:
      try addGroup("[", "]", list.items.count, level) { (printer, index) throws(ChatTemplateError) in
        try printer.add(list.items[index], level: level + 1)
      }
    case .mapping(let mapping):
      let entries = try members(of: mapping)
      try addGroup("{", "}", entries.count, level) { (printer, index) throws(ChatTemplateError) in
        try printer.addQuoted(entries[index].key)
        printer.text += printer.style.keySeparator
        try printer.add(entries[index].value, level: level + 1)
      }
    default: throw ChatTemplateError(.evaluation, "\(value.kindName) cannot be written as JSON")
    }
    guard text.utf8.count <= ChatTemplateLimits.outputByteCount else {
      throw ChatTemplateError(
        .limit, "a value written as JSON exceeds \(ChatTemplateLimits.outputByteCount) bytes")
    }
  }

  private static func number(_ value: Double) -> String {
    value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : PythonNumber.text(value)
  }

  /// Entries with their keys as text.
  private mutating func members(
    of mapping: TemplateMapping
  ) throws(ChatTemplateError) -> [(key: String, value: TemplateValue)] {
    var entries = mapping.entries
    if style.sortsKeys { entries = try Ordering.sorted(entries, by: \.key, &budget) }
    var members: [(key: String, value: TemplateValue)] = []
    for entry in entries {
      switch entry.key {
      case .text(let text): members.append((text.string, entry.value))
      case .none: members.append(("null", entry.value))
      case .bool(let value): members.append((value ? "true" : "false", entry.value))
      case .integer(let value): members.append((String(value), entry.value))
      case .float(let value): members.append((Self.number(value), entry.value))
      default: throw ChatTemplateError(.evaluation, "\(entry.key.kindName) cannot be a key in JSON")
      }
    }
    return members
  }

  private mutating func addGroup(
    _ open: String, _ close: String, _ count: Int, _ level: Int,
    _ element: (inout JSONPrinter, Int) throws(ChatTemplateError) -> Void
  ) throws(ChatTemplateError) {
    text += open
    for index in 0..<count {
      if index > 0 { text += itemSeparator }
      try addLineStart(level + 1)
      try element(&self, index)
    }
    if count > 0 { try addLineStart(level) }
    text += close
  }

  private mutating func addLineStart(_ level: Int) throws(ChatTemplateError) {
    guard let indent = style.indent else { return }
    try budget.spend(characters: indent.utf8.count * level)
    text += "\n" + String(repeating: indent, count: level)
  }

  private mutating func addQuoted(_ string: String) throws(ChatTemplateError) {
    try budget.spend(characters: string.utf8.count)
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{8}": text += "\\b"
      case "\u{C}": text += "\\f"
      case _ where scalar.value < 0x20 || (style.isASCII && scalar.value > 0x7E):
        // A character beyond 16 bits is written as its surrogate pair.
        for unit in String(scalar).utf16 { text += "\\u" + PythonText.hexadecimal(UInt32(unit), width: 4) }
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
