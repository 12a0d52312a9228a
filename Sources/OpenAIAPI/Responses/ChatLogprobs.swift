/// The `logprobs` object of a chat choice.
struct ChatLogprobs: Encodable, Sendable {
  let reports: [TokenReport]

  private enum Outer: String, CodingKey { case content, refusal }
  private enum Field: String, CodingKey {
    case token, logprob, bytes
    case top = "top_logprobs"
  }

  private struct Entry: Encodable {
    let candidate: TokenReport.Candidate
    /// nil in entries of `top_logprobs` themselves.
    let top: [TokenReport.Candidate]?

    func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: Field.self)
      try fields.encode(candidate.text, forKey: .token)
      try fields.encode(candidate.logprob ?? 0, forKey: .logprob)
      try fields.encode(candidate.bytes, forKey: .bytes)
      try fields.encodeIfPresent(top?.map { Entry(candidate: $0, top: nil) }, forKey: .top)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Outer.self)
    try fields.encode(reports.map { Entry(candidate: $0.chosen, top: $0.top) }, forKey: .content)
    try fields.encodeNil(forKey: .refusal)
  }
}
