import Core

/// By which names the spans of one generation are known outside: a trace of its own, or the client's.
struct TraceIdentity: Sendable {
  /// 32 hexadecimal digits.
  let trace: String
  /// The client's span; nil where the trace begins here.
  let parent: String?
  /// Whether the client wants the trace kept.
  let isSampled: Bool
  /// From which the ids of the generation's spans are counted.
  private let first: UInt64

  init(_ parent: TraceParent?) {
    self.init(parent, first: .random(in: .min ... .max), fresh: (.random(in: 1 ... .max), .random(in: .min ... .max)))
  }

  /// - Parameter fresh: the two halves of a trace's id where the client names none.
  init(_ parent: TraceParent?, first: UInt64, fresh: (UInt64, UInt64)) {
    trace = parent?.trace ?? Self.digits(fresh.0) + Self.digits(fresh.1)
    self.parent = parent?.span
    isSampled = parent?.isSampled ?? true
    self.first = first
  }

  /// The id of the generation's span of a number: 16 hexadecimal digits, never all 0.
  func span(_ number: Int) -> String {
    let id = first &+ UInt64(number)
    return Self.digits(id == 0 ? 0x8000_0000_0000_0000 : id)
  }

  private static func digits(_ value: UInt64) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}
