import JSON

/// An answer that is nothing but `{"name": …, "parameters": {…}}`, as Llama 3 writes it: several are separated by
/// semicolons or lie in an array, and `<|python_tag|>` or a fence of code may come before.
struct PlainJSONCalls: ToolCallForm {
  var openings: [String] { ["<|python_tag|>", "```json", "{", "[{"] }
  func closings(of opening: String) -> [String] { [] }
  var opensAnswersOnly: Bool { true }

  var separator: TagFormat? { .text("; ") }

  func format(_ name: String, _ schema: JSONValue) -> TagFormat { object(name, "parameters", schema) }

  func calls(in block: String, opening: String, tools: [ToolDeclaration]) -> [ToolCall]? {
    var text = block[...]
    if opening == "```json" {
      text = text.drop(while: \.isWhitespace)
      if let fence = text.firstRange(of: "```") { text = text[..<fence.lowerBound] }
    }
    let whole = (opening.hasSuffix("{") ? opening : "") + text
    return ToolCall.calls(inJSON: whole) ?? Self.separated(whole)
  }

  /// Objects with semicolons between them; one within a text does not separate.
  private static func separated(_ text: String) -> [ToolCall]? {
    let pieces = text.split(separator: ";", omittingEmptySubsequences: false)
    // Each piece is tried with those before it, so many would take long.
    guard pieces.count <= 64 else { return nil }
    var calls: [ToolCall] = []
    var part = ""
    for piece in pieces {
      part += (part.isEmpty ? "" : ";") + piece
      guard let found = ToolCall.calls(inJSON: part) else { continue }
      calls += found
      part = ""
    }
    return calls.isEmpty || part.contains { !$0.isWhitespace } ? nil : calls
  }
}
