import Foundation

/// Messages for the user. Standard output carries completions and JSON only.
enum StandardError {
  static func line(_ text: String) { write(text + "\n") }

  static func write(_ text: String) {
    // A closed stderr must not end the work.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

enum StandardOutput {
  /// Unbuffered, so that every piece of a completion appears at once.
  /// - Throws: when the reader has closed the pipe.
  static func write(_ text: String) throws {
    try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
  }

  /// Writes a report as JSON, or as its lines of text.
  static func write(_ report: some Report, asJSON: Bool) throws {
    if asJSON { try json(report) } else { try write(report.lines.joined(separator: "\n") + "\n") }
  }

  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    // A perplexity that is not finite must not suppress the report.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    try write(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
  }
}
