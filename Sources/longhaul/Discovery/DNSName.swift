/// A domain name: labels from the most special on. The case of ASCII does not tell names apart.
struct DNSName: Hashable, Sendable, CustomStringConvertible {
  /// A label's bytes at most, and those of a whole name with its lengths (RFC 1035, 2.3.4).
  static let maximumLabelByteCount = 63
  static let maximumByteCount = 255

  let labels: [String]

  /// - Precondition: every label has 1 to 63 bytes, all of them at most 255 with their lengths.
  init(_ labels: [String]) {
    precondition(labels.allSatisfy { (1...Self.maximumLabelByteCount).contains($0.utf8.count) }, "label out of range")
    precondition(labels.reduce(1) { $0 + 1 + $1.utf8.count } <= Self.maximumByteCount, "name out of range")
    self.labels = labels.map { label in
      String(decoding: label.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
  }

  var description: String { labels.joined(separator: ".") }

  /// As a message has it, not compressed.
  var bytes: [UInt8] { labels.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0] }
}
