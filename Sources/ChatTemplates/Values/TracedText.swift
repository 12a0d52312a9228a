/// Text that records for every character whether the template wrote it.
///
/// One unit per Unicode scalar: the scalar's value, with the top bit set when the template wrote it.
struct TracedText: Hashable, Sendable {
  static let templateBit: UInt32 = 1 << 31

  var units: [UInt32]
  /// Whether the text is safe HTML (Jinja's `Markup`): other text that is joined with it is escaped first.
  var isMarkup = false

  init(units: some Sequence<UInt32> = [], isMarkup: Bool = false) {
    self.units = Array(units)
    self.isMarkup = isMarkup
  }

  init(_ text: String, isFromTemplate: Bool) {
    let bit = isFromTemplate ? TracedText.templateBit : 0
    units = text.unicodeScalars.map { $0.value | bit }
  }

  var count: Int { units.count }
  var isEmpty: Bool { units.isEmpty }

  /// Bytes in UTF-8.
  var byteCount: Int {
    units.reduce(0) { sum, unit in
      let value = TracedText.scalar(unit)
      return sum + (value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4)
    }
  }

  var string: String {
    var result = String.UnicodeScalarView()
    for unit in units { result.append(Unicode.Scalar(TracedText.scalar(unit)) ?? "\u{FFFD}") }
    return String(result)
  }

  static func scalar(_ unit: UInt32) -> UInt32 { unit & ~templateBit }

  /// Whether both have the same characters, of any origin.
  static func haveSameCharacters(_ left: some Collection<UInt32>, _ right: some Collection<UInt32>) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { scalar($0) == scalar($1) }
  }

  /// Whitespace as Python has it: also the four separators of ASCII.
  static func isWhitespace(_ unit: UInt32) -> Bool {
    let value = scalar(unit)
    if value < 0x80 { return value == 0x20 || (0x09...0x0D).contains(value) || (0x1C...0x1F).contains(value) }
    return Unicode.Scalar(value)?.properties.isWhitespace ?? false
  }

  /// The text without the characters at either end that meet a condition.
  func trimmed(
    start: Bool = true, end: Bool = true, where drops: (UInt32) -> Bool = isWhitespace
  ) -> TracedText {
    var slice = units[...]
    if start { slice = slice.drop(while: drops) }
    if end { while let last = slice.last, drops(last) { slice.removeLast() } }
    return TracedText(units: slice, isMarkup: isMarkup)
  }

  /// Every character replaced by others, which inherit its origin.
  func mapped(_ transform: (Unicode.Scalar) -> String) -> TracedText {
    var result = TracedText(isMarkup: isMarkup)
    result.units.reserveCapacity(units.count)
    for unit in units {
      guard let scalar = Unicode.Scalar(TracedText.scalar(unit)) else { continue }
      for made in transform(scalar).unicodeScalars {
        result.units.append(made.value | unit & TracedText.templateBit)
      }
    }
    return result
  }

  var uppercased: TracedText { mapped { $0.properties.uppercaseMapping } }
  /// A capital sigma at the end of a word gets its own small letter.
  var lowercased: TracedText {
    var result = TracedText(isMarkup: isMarkup)
    result.units.reserveCapacity(units.count)
    for (index, unit) in units.enumerated() {
      guard let scalar = Unicode.Scalar(TracedText.scalar(unit)) else { continue }
      let lower = scalar == "\u{3A3}" && endsWord(at: index) ? "\u{3C2}" : scalar.properties.lowercaseMapping
      for made in lower.unicodeScalars { result.units.append(made.value | unit & TracedText.templateBit) }
    }
    return result
  }

  /// Whether a letter comes before an index, and none after it.
  private func endsWord(at index: Int) -> Bool {
    func isCased(_ units: some Sequence<UInt32>) -> Bool {
      for unit in units {
        guard let properties = Unicode.Scalar(TracedText.scalar(unit))?.properties else { return false }
        if !properties.isCaseIgnorable { return properties.isCased }
      }
      return false
    }
    return isCased(units[..<index].reversed()) && !isCased(units[(index + 1)...])
  }

  /// Capitalizes the first letter of every word, or of the text, and lowers the others, as Python does.
  func capitalized(everyWord: Bool) -> TracedText {
    var isStart = true
    return mapped { scalar in
      defer { isStart = everyWord && !scalar.properties.isCased }
      return isStart ? scalar.properties.titlecaseMapping : scalar.properties.lowercaseMapping
    }
  }

  /// Runs of one origin, in order.
  var segments: [ChatSegment] {
    var result: [ChatSegment] = []
    var start = 0
    while start < units.count {
      let bit = units[start] & TracedText.templateBit
      var end = start + 1
      while end < units.count, units[end] & TracedText.templateBit == bit { end += 1 }
      result.append(ChatSegment(text: TracedText(units: units[start..<end]).string, isFromTemplate: bit != 0))
      start = end
    }
    return result
  }
}
