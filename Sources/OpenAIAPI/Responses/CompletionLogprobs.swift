/// The `logprobs` object of a plain completion's choice: parallel arrays.
struct CompletionLogprobs: Encodable, Sendable {
  let reports: [TokenReport]

  private enum Field: String, CodingKey {
    case tokens
    case logprobs = "token_logprobs"
    case top = "top_logprobs"
    case offsets = "text_offset"
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(reports.map(\.chosen.text), forKey: .tokens)
    try fields.encode(reports.map(\.chosen.logprob), forKey: .logprobs)
    try fields.encode(reports.map(Self.alternatives), forKey: .top)
    try fields.encode(reports.map(\.offset), forKey: .offsets)
  }

  /// The alternatives always include the chosen token; equal texts keep the most likely token. nil for a token without
  /// a probability.
  private static func alternatives(_ report: TokenReport) -> [String: Float]? {
    guard report.chosen.logprob != nil else { return nil }
    return (report.top + [report.chosen]).reduce(into: [:]) { table, candidate in
      table[candidate.text] = max(
        table[candidate.text] ?? -.greatestFiniteMagnitude, candidate.logprob ?? -9999)
    }
  }
}
