import Fixtures
import Foundation
import Testing

/// What lm-eval asked once, recorded with float64 references by `LMEval/record.py`.
private struct RecordedRequest {
  struct Expectation: Decodable {
    /// Tokens before the first that counts.
    let context: Int
    let loglikelihood: Double
    /// Whether each token that counts was the likeliest.
    let greedy: Bool
  }
  /// Byte for byte as it was sent.
  let body: String
  /// One a prompt; none for a generation.
  let expected: [Expectation]

  static let folder = SharedFiles.root.appendingPathComponent("Tests/EndToEndTests/LMEval")

  static func read() throws -> [RecordedRequest] {
    let text = try String(contentsOf: folder.appendingPathComponent("requests.jsonl"), encoding: .utf8)
    return try text.split(separator: "\n").map { line in
      let line = line.dropFirst(#"{"body":"#.count).dropLast()
      guard let cut = line.range(of: #","expected":"#) else { return RecordedRequest(body: String(line), expected: []) }
      let expected = try JSONDecoder().decode([Expectation].self, from: Data(line[cut.upperBound...].utf8))
      return RecordedRequest(body: String(line[..<cut.lowerBound]), expected: expected)
    }
  }
}

/// As much of an answer as lm-eval reads.
private struct ScoredAnswer: Decodable {
  struct Choice: Decodable {
    struct Logprobs: Decodable, Equatable {
      let token_logprobs: [Double?]
      let top_logprobs: [[String: Double]?]
    }
    let index: Int
    let text: String
    let logprobs: Logprobs?

    /// lm-eval's reading: the context's tokens are left out, and so is the one new token.
    func sum(context: Int) -> (loglikelihood: Double, greedy: Bool) {
      let own = logprobs?.token_logprobs[context...].dropLast() ?? []
      let top = logprobs?.top_logprobs[context...].dropLast() ?? []
      let greedy = zip(own, top).allSatisfy { $0 == $1?.values.max() }
      return (own.reduce(0) { $0 + ($1 ?? .nan) }, greedy)
    }
  }
  let choices: [Choice]
}

extension EndToEnd {
  @Suite("lm-eval's local-completions")
  struct LMEval {
    private static let model = RecordedRequest.folder.appendingPathComponent("tiny.gguf").path

    @Test("its recorded requests get the reference's log-likelihoods within 1e-3, the same through 1, 2 and 3 workers")
    func recordedRequests() async throws {
      let requests = try RecordedRequest.read()
      #expect(requests.contains { $0.expected.count > 1 } && requests.contains { $0.expected.isEmpty })
      var answers: [[ScoredAnswer.Choice]] = []
      for workers in 1...3 {
        let cluster = try await ServedCluster(
          workerCount: workers, model: Self.model, arguments: ["--kv-type", "f32", "--chunk", "50"])
        var choices: [ScoredAnswer.Choice] = []
        for request in requests {
          let reply = try await cluster.post("/v1/completions", request.body)
          #expect(reply.status == 200)
          let answer = try JSONDecoder().decode(ScoredAnswer.self, from: Data(reply.body.utf8))
          #expect(answer.choices.map(\.index) == Array(0..<max(1, answer.choices.count)))
          for (choice, expected) in zip(answer.choices, request.expected) {
            let (loglikelihood, greedy) = choice.sum(context: expected.context)
            #expect(abs(loglikelihood - expected.loglikelihood) < 1e-3)
            #expect(greedy == expected.greedy)
          }
          choices += answer.choices
        }
        answers.append(choices)
      }
      for other in answers.dropFirst() {
        #expect(other.map(\.logprobs) == answers[0].map(\.logprobs))
        #expect(other.map(\.text) == answers[0].map(\.text))
      }
    }
  }
}
