/// Filters for HTML and addresses.
enum MarkupFilters {
  static let filters: [String: FilterLibrary.Filter] = [
    "escape": change { $0.escaped }, "e": change { $0.escaped },
    "forceescape": change { $0.forceEscaped },
    "safe": change { TracedText(units: $0.units, isMarkup: true) },
    "striptags": change(withoutTags),
    "xmlattr": FilterLibrary.Filter("autospace", body: attributes),
    "urlencode": FilterLibrary.Filter(body: urlEncoded),
  ]

  private static func change(_ change: @escaping @Sendable (TracedText) -> TracedText) -> FilterLibrary.Filter {
    FilterLibrary.Filter { (value, _, context) throws(ChatTemplateError) in
      .text(change(try value.printed(&context.budget)))
    }
  }

  /// The text without comments and tags, with single blanks, and with the characters that `escape` escapes.
  @Sendable private static func withoutTags(_ text: TracedText) -> TracedText {
    var units: [UInt32] = []
    var rest = text.units[...]
    while let first = rest.first {
      if TracedText.scalar(first) == 0x3C, let end = rest.firstIndex(where: { TracedText.scalar($0) == 0x3E }) {
        rest = rest[(end + 1)...]
      } else {
        units.append(first)
        rest.removeFirst()
      }
    }
    let blank = [0x20 | TracedText.templateBit]
    let words = TracedText(units: units).words().map(\.units).joined(separator: blank)
    return unescaped(TracedText(units: words))
  }

  private static let entities: [(String, UInt32)] = [
    ("&amp;", 0x26), ("&lt;", 0x3C), ("&gt;", 0x3E), ("&#39;", 0x27), ("&#34;", 0x22), ("&quot;", 0x22),
  ]

  private static func unescaped(_ text: TracedText) -> TracedText {
    var units: [UInt32] = []
    var at = 0
    while at < text.count {
      let entity = entities.first { entity in
        text.units[at...].prefix(entity.0.utf8.count).elementsEqual(entity.0.utf8) {
          TracedText.scalar($0) == UInt32($1)
        }
      }
      units.append(entity.map { $0.1 | text.units[at] & TracedText.templateBit } ?? text.units[at])
      at += entity?.0.utf8.count ?? 1
    }
    return TracedText(units: units)
  }

  @Sendable private static func attributes(
    _ value: TemplateValue, _ arguments: BoundArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    guard case .mapping(let mapping) = value else {
      throw ChatTemplateError(.evaluation, "\(value.kindName) has no keys")
    }
    var result = RenderedOutput()
    for entry in mapping.entries where !entry.value.isUndefined {
      if case .none = entry.value { continue }
      let key = try entry.key.printed(&context.budget)
      if key.units.contains(where: {
        TracedText.isWhitespace($0) || [0x2F, 0x3E, 0x3D].contains(TracedText.scalar($0))
      }) {
        throw ChatTemplateError(.evaluation, "\"xmlattr\" has a key that cannot be the name of an attribute")
      }
      if !result.text.isEmpty || arguments.isTrue(0, default: true) {
        try result.append(TracedText(" ", isFromTemplate: true))
      }
      try result.append(key.escaped)
      try result.append(TracedText("=\"", isFromTemplate: true))
      try result.append(try entry.value.printed(&context.budget).escaped)
      try result.append(TracedText("\"", isFromTemplate: true))
    }
    return .text(TracedText(units: result.text.units, isMarkup: context.autoescapes))
  }

  /// A text with its bytes as `%XX`, or a mapping or pairs as a query.
  @Sendable private static func urlEncoded(
    _ value: TemplateValue, _: BoundArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    let pairs: [TemplateValue]
    switch value {
    case .mapping: pairs = try value.pairs(&context.budget)
    case .list, .iterator: pairs = try value.items(&context.budget)
    default: return .text(percentEncoded(try value.printed(&context.budget), isQuery: false))
    }
    var result = RenderedOutput()
    for pair in pairs {
      let parts = try pair.items(&context.budget)
      guard parts.count == 2 else {
        throw ChatTemplateError(.evaluation, "\"urlencode\" takes pairs of a key and a value")
      }
      if !result.text.isEmpty { try result.append(TracedText("&", isFromTemplate: true)) }
      try result.append(percentEncoded(try parts[0].printed(&context.budget), isQuery: true))
      try result.append(TracedText("=", isFromTemplate: true))
      try result.append(percentEncoded(try parts[1].printed(&context.budget), isQuery: true))
    }
    return .text(result.text)
  }

  /// - Parameter isQuery: whether a blank is a plus and a slash is escaped.
  private static func percentEncoded(_ text: TracedText, isQuery: Bool) -> TracedText {
    var result = text.mapped { scalar in
      if scalar == " ", isQuery { return "+" }
      let isPlain =
        scalar.isASCII
        && (PythonText.isLetter(scalar) || PythonText.isDecimal(scalar) || "_.-~".unicodeScalars.contains(scalar)
          || (scalar == "/" && !isQuery))
      if isPlain { return String(scalar) }
      return String(scalar).utf8.map { "%" + PythonText.hexadecimal(UInt32($0), width: 2).uppercased() }.joined()
    }
    result.isMarkup = false
    return result
  }
}
