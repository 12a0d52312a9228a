extension TemplateRenderer {
  mutating func filter(
    _ value: TemplateValue, _ name: String, _ arguments: CallArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    switch name {
    case "trim": return .text(try trimmed(try printed(value), arguments, start: true, end: true))
    case "upper": return .text(try printed(value).uppercased)
    case "lower": return .text(try printed(value).lowercased)
    case "title": return .text(try printed(value).capitalized(everyWord: true))
    case "capitalize": return .text(try printed(value).capitalized(everyWord: false))
    case "string", "safe": return .text(try printed(value))
    case "replace": return .text(try replaced(try printed(value), arguments))
    case "indent": return .text(try indented(try printed(value), arguments))
    case "length", "count": return .integer(try count(of: value))
    case "default", "d":
      let isReplaced = if case .undefined = value { true } else { false }
      let replacesFalse = arguments[1, "boolean"]?.isTrue ?? false
      return isReplaced || (replacesFalse && !value.isTrue)
        ? arguments[0, "default_value"] ?? .text("") : value
    case "tojson":
      let indent = arguments.integer(0, "indent").map { min(max($0, 0), 16) }
      return .text(try TemplatePrinter.print(value, .json(indent: indent), &budget))
    case "int", "float", "abs": return try number(value, name, arguments)
    default: return try listFilter(value, name, arguments)
    }
  }

  private mutating func listFilter(
    _ value: TemplateValue, _ name: String, _ arguments: CallArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    switch name {
    case "items": return try pairs(of: value)
    case "list": return .list(try TemplateList(try items(of: value)))
    case "first": return try items(of: value).first ?? .undefined("the first element")
    case "last": return try items(of: value).last ?? .undefined("the last element")
    case "reverse": return .list(try TemplateList(try items(of: value).reversed()))
    case "join": return .text(try joined(try items(of: value), arguments[0, "d"], arguments[1, "attribute"]))
    case "map":
      var made: [TemplateValue] = []
      for item in try items(of: value) {
        if let attribute = arguments["attribute"] {
          made.append(try element(attribute, of: item))
        } else if let inner = arguments.text(0, "filter") {
          let rest = CallArguments(
            positional: Array(arguments.positional.dropFirst()), named: arguments.named)
          made.append(try filter(item, inner.string, rest))
        }
      }
      return .list(try TemplateList(made))
    case "select", "reject", "selectattr", "rejectattr":
      return .list(try TemplateList(try selected(try items(of: value), name, arguments.positional)))
    default:
      throw ChatTemplateError(.unsupported, "the filter \"\(name.prefix(64))\" is not supported")
    }
  }

  private mutating func selected(
    _ items: [TemplateValue], _ name: String, _ arguments: [TemplateValue]
  ) throws(ChatTemplateError) -> [TemplateValue] {
    var arguments = arguments[...]
    let attribute = name.hasSuffix("attr") ? arguments.popFirst() : nil
    var testName: String?
    if case .text(let text)? = arguments.popFirst() { testName = text.string }
    var kept: [TemplateValue] = []
    for item in items {
      try budget.spend()
      let tested = try attribute.map { (key) throws(ChatTemplateError) in try element(key, of: item) } ?? item
      let rest = CallArguments(positional: Array(arguments))
      let passes =
        try testName.map { (name) throws(ChatTemplateError) in try test(tested, name, rest) } ?? tested.isTrue
      if passes == name.hasPrefix("select") { kept.append(item) }
    }
    return kept
  }

  private mutating func count(of value: TemplateValue) throws(ChatTemplateError) -> Int {
    switch value {
    case .text(let text): text.count
    case .list(let list): list.items.count
    case .mapping(let mapping): mapping.entries.count
    case .undefined: 0
    default: throw ChatTemplateError(.evaluation, "\(value.kindName) has no length")
    }
  }

  private mutating func number(
    _ value: TemplateValue, _ name: String, _ arguments: CallArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    var double: Double?
    switch value {
    case .integer(let value) where name != "float":
      return .integer(name == "abs" ? abs(max(value, -.max)) : value)
    case .integer(let value): double = Double(value)
    case .float(let value): double = value
    case .bool(let value): double = value ? 1 : 0
    case .text(let text) where name != "abs" && text.count <= 64:
      let string = text.trimmed().string
      if name == "int", let value = Int(string) { return .integer(value) }
      double = Double(string)
    default: break
    }
    guard let double else {
      return arguments[0, "default"] ?? (name == "float" ? .float(0) : .integer(0))
    }
    if name == "int" { return .integer(Int(exactly: double.rounded(.towardZero)) ?? 0) }
    return .float(name == "abs" ? double.magnitude : double)
  }

  mutating func joined(
    _ items: [TemplateValue], _ separator: TemplateValue?, _ attribute: TemplateValue?
  ) throws(ChatTemplateError) -> TracedText {
    let separator =
      try separator.map { (value) throws(ChatTemplateError) in try printed(value) } ?? TracedText()
    var result = RenderedOutput()
    for (index, item) in items.enumerated() {
      if index > 0 { try result.append(separator) }
      try budget.spend(characters: separator.count)
      let part = try attribute.map { (key) throws(ChatTemplateError) in try element(key, of: item) } ?? item
      try result.append(try printed(part))
    }
    return result.text
  }

  /// Lines after the first get blanks before them; empty ones do not.
  private mutating func indented(_ text: TracedText, _ arguments: CallArguments) throws(ChatTemplateError)
    -> TracedText
  {
    let width = min(max(arguments.integer(0, "width") ?? 4, 0), 64)
    let indentsFirst = arguments[1, "first"]?.isTrue ?? false
    var result = TracedText()
    var startsLine = false
    if indentsFirst { result.units = Array(repeating: 0x20, count: width) }
    for unit in text.units {
      let isLineEnd = TracedText.scalar(unit) == 0x0A
      if startsLine, !isLineEnd { result.units.append(contentsOf: repeatElement(0x20, count: width)) }
      startsLine = isLineEnd
      result.units.append(unit)
    }
    try budget.spend(characters: result.count)
    return result
  }
}
