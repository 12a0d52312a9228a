extension StringProtocol {
  /// Without blanks and line breaks at its ends.
  var trimmed: String {
    let start = drop(while: \.isWhitespace)
    return String(start[..<(start.lastIndex { !$0.isWhitespace }.map { start.index(after: $0) } ?? start.startIndex)])
  }

  /// The texts between each opening mark and the next closing one, or the end.
  func components(between opening: String, and closing: String) -> [Self.SubSequence] {
    var parts: [Self.SubSequence] = []
    var rest = self[startIndex...]
    while let start = rest.firstRange(of: opening) {
      let body = rest[start.upperBound...]
      let end = body.firstRange(of: closing)
      parts.append(body[..<(end?.lowerBound ?? body.endIndex)])
      rest = body[(end?.upperBound ?? body.endIndex)...]
    }
    return parts
  }
}
