/// vLLM's `prompt_logprobs`: for each token of a prompt an object of candidates by id, null for the first.
struct PromptLogprobs: Encodable, Sendable {
  /// Of all tokens but the first.
  let reports: [TokenReport]

  private struct Candidate: Encodable {
    let candidate: TokenReport.Candidate
    /// Its place among all tokens, from 1; nil where only its probability is known.
    let rank: Int?

    private enum Field: String, CodingKey {
      case logprob, rank
      case text = "decoded_token"
    }

    func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: Field.self)
      try fields.encode(candidate.logprob, forKey: .logprob)
      try fields.encode(rank, forKey: .rank)
      try fields.encode(candidate.text, forKey: .text)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var list = encoder.unkeyedContainer()
    try list.encodeNil()
    for report in reports {
      var candidates: [String: Candidate] = [:]
      candidates["\(report.chosen.token)"] = Candidate(candidate: report.chosen, rank: nil)
      for (index, candidate) in report.top.enumerated() {
        candidates["\(candidate.token)"] = Candidate(candidate: candidate, rank: index + 1)
      }
      try list.encode(candidates)
    }
  }
}
