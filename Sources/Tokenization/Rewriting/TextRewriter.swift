import Core
import Foundation

/// Rewrites text between special tokens before it is cut: prefixes, replacements, Unicode's normal forms.
struct TextRewriter: Sendable {
  private enum Step: Sendable {
    case prefix([UInt8], place: TextRewrite.Place, once: Bool)
    case replace(Pattern, with: [UInt8])
    case rewrite(@Sendable (String) -> String)
  }
  private let steps: [Step]

  /// - Throws: `TokenizerError` for a pattern that is not supported.
  init(_ rewrites: [TextRewrite]) throws(TokenizerError) {
    var steps: [Step] = []
    for rewrite in rewrites { steps.append(try TextRewriter.step(rewrite)) }
    self.steps = steps
  }

  var isEmpty: Bool { steps.isEmpty }

  /// - Parameters:
  ///   - bytes: valid UTF-8, not empty.
  ///   - isBeginning: whether nothing is before this text.
  func rewrite(_ bytes: [UInt8], isBeginning: Bool) -> [UInt8] {
    var bytes = bytes
    for step in steps {
      switch step {
      case .prefix(let prefix, let place, let once):
        let isDue = (isBeginning || place == .everywhere) && !bytes.isEmpty && !(once && bytes.starts(with: prefix))
        if isDue { bytes.insert(contentsOf: prefix, at: 0) }
      case .replace(let pattern, let replacement): bytes = TextRewriter.replacing(pattern, with: replacement, in: bytes)
      case .rewrite(let rewrite): bytes = Array(rewrite(String(decoding: bytes, as: UTF8.self)).utf8)
      }
    }
    return bytes
  }

  private static func step(_ rewrite: TextRewrite) throws(TokenizerError) -> Step {
    switch rewrite {
    case .prefix(let text, let place, let once): .prefix(Array(text.utf8), place: place, once: once)
    case .replace(let pattern, let text): .replace(try Pattern(pattern), with: Array(text.utf8))
    case .canonicalDecomposition: .rewrite { $0.decomposedStringWithCanonicalMapping }
    case .canonicalComposition: .rewrite { $0.precomposedStringWithCanonicalMapping }
    case .compatibilityDecomposition: .rewrite { $0.decomposedStringWithCompatibilityMapping }
    case .compatibilityComposition: .rewrite { $0.precomposedStringWithCompatibilityMapping }
    case .singleBlanks:
      .rewrite { text in text.utf8.split(separator: 0x20).map { String(Substring($0)) }.joined(separator: " ") }
    case .lowercase: .rewrite { text in text.unicodeScalars.map(\.properties.lowercaseMapping).joined() }
    case .strip(let left, let right):
      .rewrite { text in
        var scalars = text.unicodeScalars[...]
        if left { scalars = scalars.drop { $0.properties.isWhitespace } }
        if right { while scalars.last?.properties.isWhitespace == true { scalars.removeLast() } }
        return String(scalars)
      }
    }
  }

  private static func replacing(_ pattern: Pattern, with replacement: [UInt8], in bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    bytes.withUnsafeBufferPointer { ScalarText($0) }.withView { text in
      var matcher = PatternMatcher(pattern, count: text.count)
      var (start, offset, search) = (0, 0, 0)
      func skip(to end: Int) -> Int {
        defer { start = end }
        return text.scalars[start..<end].reduce(0) { $0 + ScalarText.byteCount(of: $1) }
      }
      while let match = matcher.firstMatch(in: text, 0..<text.count, from: search) {
        search = max(match.upperBound, match.lowerBound + 1)
        let kept = skip(to: match.lowerBound)
        result += bytes[offset..<offset + kept]
        result += replacement
        offset += kept + skip(to: match.upperBound)
      }
      result += bytes[offset...]
    }
    return result
  }
}
