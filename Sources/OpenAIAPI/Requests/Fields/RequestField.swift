import JSON

/// A field that clients of this API, or of servers like it, are known to send.
struct RequestField: Hashable, Sendable {
  enum Handling: Hashable, Sendable {
    /// Read and followed.
    case obeyed
    /// Not read: whatever it holds, the answer would be the same.
    case ignored
    /// A value that asks for something is an error that names the field.
    case refused
  }

  let name: String
  let handling: Handling
  /// What an absent field means, as the page shows it.
  let standard: String
  /// What it does, what is ignored, or why it is refused.
  let note: String
  /// Values of a refused field that ask for nothing, besides null.
  let neutral: [JSONValue]

  static func obeyed(_ name: String, _ standard: String, _ note: String) -> RequestField {
    RequestField(name: name, handling: .obeyed, standard: standard, note: note, neutral: [])
  }

  static func obeyed(_ name: String, _ note: String) -> RequestField { .obeyed(name, "", note) }

  static func ignored(_ name: String, _ note: String) -> RequestField {
    RequestField(name: name, handling: .ignored, standard: "", note: note, neutral: [])
  }

  /// - Parameter unless: values that ask for nothing, besides null.
  static func refused(
    _ name: String, _ note: String, unless neutral: [JSONValue] = [.bool(false), .string(""), .array([]), .object([:])]
  ) -> RequestField {
    RequestField(name: name, handling: .refused, standard: "", note: note, neutral: neutral)
  }

  /// Whether `value` asks for what this server does not do.
  func refuses(_ value: JSONValue) -> Bool {
    guard handling == .refused, !value.isNull else { return false }
    return !neutral.contains { Self.isSame($0, value) }
  }

  /// Numbers are compared by value, not by digits.
  private static func isSame(_ one: JSONValue, _ other: JSONValue) -> Bool {
    if case .number(let left) = one, case .number(let right) = other { return left.double == right.double }
    return one == other
  }
}
