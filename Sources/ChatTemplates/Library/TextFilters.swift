/// Filters that change a printed value.
enum TextFilters {
  static let filters: [String: FilterLibrary.Filter] = [
    "upper": change { $0.uppercased },
    "lower": change { $0.lowercased },
    "capitalize": change { $0.capitalized(everyWord: false) },
    "title": change(title),
    "string": change { $0 },
    "trim": FilterLibrary.Filter("chars") { (value, arguments, context) throws(ChatTemplateError) in
      let characters = try arguments.optionalText(0)
      return .text(try value.printed(&context.budget).trimmed(characters, &context.budget))
    },
    "replace": FilterLibrary.Filter("old", "new", "count", body: replace),
    "indent": FilterLibrary.Filter("width", "first", "blank", body: indent),
    "center": FilterLibrary.Filter("width") { (value, arguments, context) throws(ChatTemplateError) in
      let text = try value.printed(&context.budget)
      return .text(try TextMethods.centered(text, try arguments.integer(0) ?? 80, &context.budget))
    },
    "truncate": FilterLibrary.Filter("length", "killwords", "end", "leeway", body: truncate),
    "wordcount": FilterLibrary.Filter { (value, _, context) throws(ChatTemplateError) in
      // Words as a regular expression finds them: letters, digits and underscores.
      var count = 0
      var isInside = false
      for unit in try value.printed(&context.budget).units {
        let isWord = Unicode.Scalar(TracedText.scalar(unit)).map {
          $0 == "_" || PythonText.isLetter($0) || PythonText.isNumeric($0)
        }
        if isWord == true, !isInside { count += 1 }
        isInside = isWord == true
      }
      return .integer(count)
    },
    "wordwrap": FilterLibrary.Filter("width", "break_long_words", "wrapstring", "break_on_hyphens") {
      (value, arguments, context) throws(ChatTemplateError) in
      let wrapper = WordWrapper(
        width: try arguments.integer(0) ?? 79, breaksLongWords: arguments.isTrue(1, default: true),
        breaksOnHyphens: arguments.isTrue(3, default: true))
      let lineEnd = try arguments.optionalText(2) ?? TracedText("\n", isFromTemplate: true)
      return .text(try wrapper.wrap(try value.printed(&context.budget), lineEnd, &context.budget))
    },
    "format": FilterLibrary.Filter("*") { (value, arguments, context) throws(ChatTemplateError) in
      guard arguments.rest.positional.isEmpty || arguments.rest.named.isEmpty else {
        throw ChatTemplateError(.evaluation, "\"format\" takes positional or named arguments, not both")
      }
      let values: TemplateValue =
        arguments.rest.named.isEmpty
        ? try .tuple(arguments.rest.positional) : .mapping(try TemplateMapping(named: arguments.rest.named))
      return .text(try PercentFormat.apply(try value.printed(&context.budget), to: values, &context))
    },
  ]

  private static func change(_ change: @escaping @Sendable (TracedText) -> TracedText) -> FilterLibrary.Filter {
    FilterLibrary.Filter { (value, _, context) throws(ChatTemplateError) in
      .text(change(try value.printed(&context.budget)))
    }
  }

  /// Begins a word after blanks, hyphens and opening brackets.
  @Sendable private static func title(_ text: TracedText) -> TracedText {
    var isStart = true
    return text.mapped { scalar in
      defer { isStart = TracedText.isWhitespace(scalar.value) || "-({[<".unicodeScalars.contains(scalar) }
      return isStart ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
    }
  }

  @Sendable private static func replace(
    _ value: TemplateValue, _ arguments: BoundArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    var text = try value.printed(&context.budget)
    var old = try arguments.required(0).printed(&context.budget)
    var new = try arguments.required(1).printed(&context.budget)
    let limit = try arguments.integer(2).flatMap { $0 < 0 ? nil : $0 } ?? .max
    if context.autoescapes {
      if text.isMarkup || old.isMarkup && !new.isMarkup { text = text.escaped }
      (old, new) = (old.joining(text), new.joining(text))
    } else {
      text.isMarkup = false
    }
    return .text(try text.replacing(old, with: new, atMost: limit, &context.budget))
  }

  @Sendable private static func indent(
    _ value: TemplateValue, _ arguments: BoundArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    let text = try value.printed(&context.budget)
    let blanks: TracedText
    if case .text(let given)? = arguments[0] {
      blanks = given
    } else {
      let width = try arguments.integer(0) ?? 4
      guard width <= 1024 else { throw ChatTemplateError(.limit, "a text is indented by more than 1024 blanks") }
      blanks = TracedText(String(repeating: " ", count: max(0, width)), isFromTemplate: true)
    }
    // A line end at the very end begins a last line, which is empty.
    let lines = (text + TracedText("\n", isFromTemplate: true)).lines()
    var result = RenderedOutput()
    for (index, line) in lines.enumerated() {
      if index > 0 { try result.append(TracedText("\n", isFromTemplate: true)) }
      let isIndented = index == 0 ? arguments.isTrue(1) : arguments.isTrue(2) || !line.isEmpty
      try context.budget.spend(characters: line.count + blanks.count)
      if isIndented { try result.append(blanks) }
      try result.append(line)
    }
    return .text(TracedText(units: result.text.units, isMarkup: text.isMarkup))
  }

  @Sendable private static func truncate(
    _ value: TemplateValue, _ arguments: BoundArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    let text = try value.printed(&context.budget)
    let end = try arguments.optionalText(2) ?? TracedText("...", isFromTemplate: true)
    let (length, leeway) = (try arguments.integer(0) ?? 255, try arguments.integer(3) ?? 5)
    guard length >= end.count, leeway >= 0 else {
      throw ChatTemplateError(.evaluation, "\"truncate\" to \(length) characters has no room for its end")
    }
    guard text.count - leeway > length else { return .text(text) }
    var kept = text.part(0..<(length - end.count))
    if !arguments.isTrue(1) {
      let space = kept.units.lastIndex { TracedText.scalar($0) == 0x20 }
      kept = kept.part(0..<(space ?? kept.count))
    }
    return .text(kept + end.joining(kept))
  }
}
