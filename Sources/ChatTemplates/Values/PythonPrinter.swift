/// Prints values as Python's `repr` does. The result counts as the user's, because it may contain what users wrote.
struct PythonPrinter {
  private(set) var text = ""
  private let sortsKeys: Bool
  private var budget: StepBudget

  /// - Parameter sortsKeys: whether mappings are in the order of their keys.
  static func print(
    _ value: TemplateValue, sortsKeys: Bool = false, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> String {
    var printer = PythonPrinter(sortsKeys: sortsKeys, budget: budget)
    try printer.add(value)
    budget = printer.budget
    return printer.text
  }

  private init(sortsKeys: Bool, budget: StepBudget) {
    self.sortsKeys = sortsKeys
    self.budget = budget
  }

  private mutating func add(_ value: TemplateValue) throws(ChatTemplateError) {
    try budget.spend(characters: 1)
    switch value {
    case .undefined: text += "Undefined"
    case .none: text += "None"
    case .bool(let value): text += value ? "True" : "False"
    case .integer(let value): text += String(value)
    case .digits(let digits): text += digits
    case .float(let value): text += PythonNumber.text(value)
    case .text(let string): try addQuoted(string)
    case .range(let range):
      text += "range(\(range.start), \(range.end)" + (range.step == 1 ? ")" : ", \(range.step))")
    case .list(let list): try add(list)
    case .mapping(let mapping):
      text += "{"
      let entries = sortsKeys ? try Ordering.sorted(mapping.entries, by: \.key, &budget) : mapping.entries
      for (index, entry) in entries.enumerated() {
        if index > 0 { text += ", " }
        try add(entry.key)
        text += ": "
        try add(entry.value)
      }
      text += "}"
    case .macro(let closure): text += "<Macro '\(closure.macro.name)'>"
    default: throw ChatTemplateError(.unsupported, "\(value.kindName) cannot be written as text")
    }
    guard text.utf8.count <= ChatTemplateLimits.outputByteCount else {
      throw ChatTemplateError(
        .limit, "a value written as text exceeds \(ChatTemplateLimits.outputByteCount) bytes")
    }
  }

  private mutating func add(_ list: TemplateList) throws(ChatTemplateError) {
    let (open, close) =
      switch list.kind {
      case .list: ("[", "]")
      case .tuple, .group: ("(", list.items.count == 1 ? ",)" : ")")
      case .view(let name): ("\(name)([", "])")
      }
    text += open
    for (index, item) in list.items.enumerated() {
      if index > 0 { text += ", " }
      try add(item)
    }
    text += close
  }

  private mutating func addQuoted(_ string: TracedText) throws(ChatTemplateError) {
    try budget.spend(characters: string.count)
    if string.isMarkup { text += "Markup(" }
    let scalars = string.string.unicodeScalars
    let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
    text.unicodeScalars.append(quote)
    for scalar in scalars {
      switch scalar {
      case "\\": text += "\\\\"
      case quote: text += "\\" + String(quote)
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where PythonText.isPrintable(scalar): text.unicodeScalars.append(scalar)
      case _ where scalar.value <= 0xFF: text += "\\x" + PythonText.hexadecimal(scalar.value, width: 2)
      case _ where scalar.value <= 0xFFFF: text += "\\u" + PythonText.hexadecimal(scalar.value, width: 4)
      default: text += "\\U" + PythonText.hexadecimal(scalar.value, width: 8)
      }
    }
    text.unicodeScalars.append(quote)
    if string.isMarkup { text += ")" }
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
    default: return TracedText(try PythonPrinter.print(self, &budget), isFromTemplate: false)
    }
  }
}
