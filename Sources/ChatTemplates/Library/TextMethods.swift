/// Python's methods of strings.
enum TextMethods {
  typealias Method = Builtin<TracedText>

  static let methods: [String: Method] = [
    changes, cuts, TextQueries.methods,
    [
      "format": Method("*") { (text, arguments, context) throws(ChatTemplateError) in
        .text(try BraceFormat.apply(text, arguments.rest, &context))
      },
      "format_map": Method("mapping") { (text, arguments, context) throws(ChatTemplateError) in
        guard case .mapping(let mapping) = try arguments.required(0) else {
          throw ChatTemplateError(.evaluation, "\"format_map\" takes a mapping")
        }
        var named = CallArguments()
        for entry in mapping.entries {
          named.named.append((try entry.key.printed(&context.budget).string, entry.value))
        }
        return .text(try BraceFormat.apply(text, named, &context))
      },
    ],
  ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }

  // MARK: The whole text

  private static let changes: [String: Method] = [
    "upper": change { $0.uppercased },
    "lower": change { $0.lowercased },
    "casefold": change { $0.lowercased.mapped { $0 == "ß" ? "ss" : String($0) } },
    "title": change { $0.capitalized(everyWord: true) },
    "capitalize": change { $0.capitalized(everyWord: false) },
    "swapcase": change { text in
      text.mapped { $0.properties.isUppercase ? $0.properties.lowercaseMapping : $0.properties.uppercaseMapping }
    },
    "strip": trimming(start: true, end: true),
    "lstrip": trimming(start: true, end: false),
    "rstrip": trimming(start: false, end: true),
    "removeprefix": affix { (text, affix) in
      TracedText.haveSameCharacters(text.units.prefix(affix.count), affix.units)
        ? text.part(affix.count..<text.count) : text
    },
    "removesuffix": affix { (text, affix) in
      !affix.isEmpty && TracedText.haveSameCharacters(text.units.suffix(affix.count), affix.units)
        ? text.part(0..<(text.count - affix.count)) : text
    },
    "replace": Method("old", "new", "count") { (text, arguments, context) throws(ChatTemplateError) in
      let (old, new) = (try arguments.text(0).joining(text), try arguments.text(1).joining(text))
      return .text(
        try text.replacing(
          old, with: new, atMost: try arguments.integer(2).flatMap { $0 < 0 ? nil : $0 } ?? .max, &context.budget))
    },
    "expandtabs": Method("tabsize") { (text, arguments, context) throws(ChatTemplateError) in
      .text(try expanded(text, try arguments.integer(0) ?? 8, &context.budget))
    },
    "ljust": padding { (missing) in (0, missing) },
    "rjust": padding { (missing) in (missing, 0) },
    "center": Method("width", "fillchar") { (text, arguments, context) throws(ChatTemplateError) in
      let width = try arguments.integer(0) ?? 0
      return .text(try centered(text, width, with: try fill(arguments), &context.budget))
    },
    "zfill": Method("width") { (text, arguments, context) throws(ChatTemplateError) in
      let isSigned = text.units.first.map { [0x2B, 0x2D].contains(TracedText.scalar($0)) } ?? false
      let (sign, digits) = (text.part(0..<(isSigned ? 1 : 0)), text.part((isSigned ? 1 : 0)..<text.count))
      let (missing, _) = (try arguments.integer(0) ?? 0).subtractingReportingOverflow(text.count)
      return .text(
        sign + (try digits.padded(before: missing, after: 0, with: 0x30 | TracedText.templateBit, &context.budget)))
    },
    "translate": Method("table") { (text, arguments, context) throws(ChatTemplateError) in
      guard case .mapping(let table) = try arguments.required(0) else {
        throw ChatTemplateError(.evaluation, "\"translate\" takes a mapping from code points")
      }
      var result = RenderedOutput()
      for unit in text.units {
        switch table[.integer(Int(TracedText.scalar(unit)))] {
        case nil: try result.append(TracedText(units: [unit]))
        case .none?: break
        case .integer(let code)?:
          guard let scalar = UInt32(exactly: code), Unicode.Scalar(scalar) != nil else {
            throw ChatTemplateError(.evaluation, "\(code) is no character")
          }
          try result.append(TracedText(units: [scalar]))
        case let value?: try result.append(try value.printed(&context.budget))
        }
      }
      return .text(result.text)
    },
    "join": Method("iterable") { (text, arguments, context) throws(ChatTemplateError) in
      var parts: [TracedText] = []
      for item in try arguments.required(0).items(&context.budget) {
        guard case .text(let part) = item else {
          throw ChatTemplateError(.evaluation, "\"join\" takes strings, not \(item.kindName)")
        }
        parts.append(part)
      }
      return .text(try text.joined(parts, &context.budget))
    },
  ]

  private static func change(_ change: @escaping @Sendable (TracedText) -> TracedText) -> Method {
    Method { (text, _, _) throws(ChatTemplateError) in .text(change(text)) }
  }

  private static func trimming(start: Bool, end: Bool) -> Method {
    Method("chars") { (text, arguments, context) throws(ChatTemplateError) in
      .text(try text.trimmed(try arguments.optionalText(0), start: start, end: end, &context.budget))
    }
  }

  private static func affix(_ change: @escaping @Sendable (TracedText, TracedText) -> TracedText) -> Method {
    Method("affix") { (text, arguments, _) throws(ChatTemplateError) in .text(change(text, try arguments.text(0))) }
  }

  /// - Parameter sides: how much of the missing width comes before and after the text.
  private static func padding(_ sides: @escaping @Sendable (Int) -> (Int, Int)) -> Method {
    Method("width", "fillchar") { (text, arguments, context) throws(ChatTemplateError) in
      let (missing, overflow) = (try arguments.integer(0) ?? 0).subtractingReportingOverflow(text.count)
      let (before, after) = sides(overflow ? 0 : missing)
      return .text(try text.padded(before: before, after: after, with: try fill(arguments), &context.budget))
    }
  }

  private static func fill(_ arguments: BoundArguments) throws(ChatTemplateError) -> UInt32 {
    guard let fill = try arguments.optionalText(1) else { return 0x20 | TracedText.templateBit }
    guard fill.count == 1 else { throw ChatTemplateError(.evaluation, "a text is padded with one character") }
    return fill.units[0]
  }

  static func centered(
    _ text: TracedText, _ width: Int, with fill: UInt32 = 0x20 | TracedText.templateBit, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TracedText {
    let (difference, overflow) = width.subtractingReportingOverflow(text.count)
    let missing = overflow ? 0 : max(0, difference)
    // Python puts an odd blank on the left of an odd width, else on the right.
    let before = missing / 2 + (missing & width & 1)
    return try text.padded(before: before, after: missing - before, with: fill, &budget)
  }

  private static func expanded(
    _ text: TracedText, _ size: Int, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TracedText {
    var result = RenderedOutput()
    var column = 0
    for unit in text.units {
      switch TracedText.scalar(unit) {
      case 0x09:
        let width = size > 0 ? size - column % size : 0
        try result.append(
          try TracedText().padded(before: width, after: 0, with: 0x20 | unit & TracedText.templateBit, &budget))
        column += width
      case 0x0A, 0x0D:
        try result.append(TracedText(units: [unit]))
        column = 0
      default:
        try result.append(TracedText(units: [unit]))
        column += 1
      }
    }
    return result.text
  }

  // MARK: Parts

  private static let cuts: [String: Method] = [
    "split": splitting(fromEnd: false),
    "rsplit": splitting(fromEnd: true),
    "splitlines": Method("keepends") { (text, arguments, context) throws(ChatTemplateError) in
      let lines = text.lines(keepingEnds: arguments.isTrue(0))
      try context.budget.spend(lines.count)
      return .list(try TemplateList(lines.map { .text($0) }))
    },
    "partition": partition(fromEnd: false),
    "rpartition": partition(fromEnd: true),
  ]

  private static func splitting(fromEnd: Bool) -> Method {
    Method("sep", "maxsplit") { (text, arguments, context) throws(ChatTemplateError) in
      let limit = try arguments.integer(1).flatMap { $0 < 0 ? nil : $0 } ?? .max
      guard let separator = try arguments.optionalText(0) else {
        let words = text.words(atMost: limit, fromEnd: fromEnd)
        try context.budget.spend(words.count)
        return .list(try TemplateList(words.map { .text($0) }))
      }
      guard !separator.isEmpty else {
        throw ChatTemplateError(.evaluation, "a text is split at an empty separator")
      }
      let parts = try text.parts(between: separator, atMost: limit, fromEnd: fromEnd, &context.budget)
      return .list(try TemplateList(parts.map { .text($0) }))
    }
  }

  private static func partition(fromEnd: Bool) -> Method {
    Method("sep") { (text, arguments, context) throws(ChatTemplateError) in
      let separator = try arguments.text(0)
      guard !separator.isEmpty else {
        throw ChatTemplateError(.evaluation, "a text is split at an empty separator")
      }
      let parts = try text.parts(between: separator, atMost: 1, fromEnd: fromEnd, &context.budget)
      if parts.count == 2 { return try .tuple([.text(parts[0]), .text(separator), .text(parts[1])]) }
      let empty = TemplateValue.text(TracedText())
      return try .tuple(fromEnd ? [empty, empty, .text(text)] : [.text(text), empty, empty])
    }
  }
}
