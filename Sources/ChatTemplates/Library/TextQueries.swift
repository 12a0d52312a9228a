/// Python's methods that answer questions about a string.
enum TextQueries {
  static let methods: [String: TextMethods.Method] = kinds.merging(places) { first, _ in first }

  // MARK: What the characters are

  private static let kinds: [String: TextMethods.Method] = [
    "isalpha": all(PythonText.isLetter),
    "isdecimal": all(PythonText.isDecimal),
    "isdigit": all(PythonText.isDigit),
    "isnumeric": all(PythonText.isNumeric),
    "isalnum": all { PythonText.isLetter($0) || PythonText.isNumeric($0) },
    "isspace": all { TracedText.isWhitespace($0.value) },
    "isascii": query { $0.allSatisfy(\.isASCII) },
    "isprintable": query { $0.allSatisfy(PythonText.isPrintable) },
    "islower": query { scalars in
      scalars.contains { $0.properties.isLowercase } && !scalars.contains { isUpper($0) }
    },
    "isupper": query { scalars in
      scalars.contains(where: isUpper) && !scalars.contains { $0.properties.isLowercase }
    },
    "istitle": query(isTitle),
    "isidentifier": query { scalars in
      guard let first = scalars.first else { return false }
      return (first == "_" || first.properties.isXIDStart)
        && scalars.dropFirst().allSatisfy { $0.properties.isXIDContinue }
    },
  ]

  private static func query(
    _ holds: @escaping @Sendable (String.UnicodeScalarView) -> Bool
  ) -> TextMethods.Method {
    TextMethods.Method { (text, _, _) throws(ChatTemplateError) in .bool(holds(text.string.unicodeScalars)) }
  }

  private static func all(_ holds: @escaping @Sendable (Unicode.Scalar) -> Bool) -> TextMethods.Method {
    query { !$0.isEmpty && $0.allSatisfy(holds) }
  }

  @Sendable private static func isUpper(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isUppercase || scalar.properties.generalCategory == .titlecaseLetter
  }

  @Sendable private static func isTitle(_ scalars: String.UnicodeScalarView) -> Bool {
    var (wasCased, isTitle) = (false, false)
    for scalar in scalars {
      if isUpper(scalar) {
        if wasCased { return false }
        (wasCased, isTitle) = (true, true)
      } else if scalar.properties.isLowercase {
        guard wasCased else { return false }
      } else {
        wasCased = false
      }
    }
    return isTitle
  }

  // MARK: Where a text is

  private static let places: [String: TextMethods.Method] = [
    "find": place(fromEnd: false, isRequired: false),
    "rfind": place(fromEnd: true, isRequired: false),
    "index": place(fromEnd: false, isRequired: true),
    "rindex": place(fromEnd: true, isRequired: true),
    "count": TextMethods.Method("sub", "start", "end") { (text, arguments, context) throws(ChatTemplateError) in
      let part = try arguments.text(0)
      guard let range = try range(arguments, in: text) else { return .integer(0) }
      if part.isEmpty { return .integer(range.count + 1) }
      return .integer(try text.part(range).parts(between: part, &context.budget).count - 1)
    },
    "startswith": affix { (text, affix) in text.units.prefix(affix.count) },
    "endswith": affix { (text, affix) in text.units.suffix(affix.count) },
  ]

  private static func place(fromEnd: Bool, isRequired: Bool) -> TextMethods.Method {
    TextMethods.Method("sub", "start", "end") { (text, arguments, context) throws(ChatTemplateError) in
      let part = try arguments.text(0)
      var found: Int?
      if let range = try range(arguments, in: text) {
        found =
          fromEnd
          ? try text.lastIndex(of: part, in: range, &context.budget)
          : try text.firstIndex(of: part, in: range, &context.budget)
      }
      if found == nil, isRequired { throw ChatTemplateError(.evaluation, "a text is not in the string") }
      return .integer(found ?? -1)
    }
  }

  /// The second and third argument as a slice; nil where it starts beyond its end.
  private static func range(
    _ arguments: BoundArguments, in text: TracedText
  ) throws(ChatTemplateError) -> Range<Int>? {
    let (start, end) = (try arguments.integer(1) ?? 0, try arguments.integer(2) ?? text.count)
    let lower = start < 0 ? max(0, start + text.count) : start
    let upper = min(end < 0 ? max(0, end + text.count) : end, text.count)
    return lower <= upper ? lower..<upper : nil
  }

  /// Whether an end of the text is the argument, or one of its texts when it is a tuple.
  private static func affix(
    _ end: @escaping @Sendable (TracedText, TracedText) -> ArraySlice<UInt32>
  ) -> TextMethods.Method {
    TextMethods.Method("affix", "start", "end") { (text, arguments, context) throws(ChatTemplateError) in
      guard let range = try range(arguments, in: text) else { return .bool(false) }
      let part = text.part(range)
      let argument = try arguments.required(0)
      var candidates = [argument]
      if case .list(let list) = argument, list.kind == .tuple { candidates = list.items }
      for candidate in candidates {
        guard case .text(let affix) = candidate else {
          throw ChatTemplateError(.evaluation, "a string cannot begin or end with \(candidate.kindName)")
        }
        try context.budget.spend(characters: affix.count)
        if TracedText.haveSameCharacters(end(part, affix), affix.units) { return .bool(true) }
      }
      return .bool(false)
    }
  }
}
