import Foundation

/// Messages for the user. Standard output carries completions and JSON only.
enum StandardError {
  static func line(_ text: String) { write(text + "\n") }

  static func write(_ text: String) {
    // A closed stderr must not end the work.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Erases a terminal's line from the cursor on.
  static let eraseRest = "\u{1B}[K"

  /// A line about what happens meanwhile, in place of a progress bar that stands there.
  static func event(_ text: String) { write((isTerminal ? "\r\(eraseRest)" : "") + "longhaul: \(text)\n") }
}

/// The reader of standard output has gone, as `head` does when it has enough.
struct OutputClosed: Error {}

enum StandardOutput {
  /// Unbuffered, so that every piece of a completion appears at once.
  /// - Throws: `OutputClosed`; `CommandFailure` with the system's reason, such as a full disk.
  static func write(_ text: String) throws {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        var ready = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        poll(&ready, 1, -1)
      case EPIPE: throw OutputClosed()
      case let code:
        throw CommandFailure(
          .runtime,
          "cannot write to standard output: \(String(cString: strerror(code))); what was written is not complete")
      }
    }
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
