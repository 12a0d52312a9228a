import Core
import Evaluation
import Tokenization
import Testing

@Suite("Policies side by side")
struct PolicyComparisonTests {
  private static let policies = ["8x64", "rerope:64", "plain"]

  private func comparison(losses: [[Double]], finds: [[Double]]) throws -> PolicyComparison {
    let candidates = try Self.policies.indices.map { index in
      let request = try PolicyRequest(Self.policies[index])
      let choice = try PolicyChoice.forLength(1024, trainedLength: 256, request: request)
      return TuningSweep.Candidate(policy: choice.policy, losses: losses[index], finds: finds[index])
    }
    return PolicyComparison(length: 1024, ranking: TuningRanking(candidates))
  }

  @Test("what chance alone would do: the exact sign test")
  func signTest() {
    #expect(PairedFinds(firstAlone: 0, secondAlone: 0).chance == 1)
    #expect(PairedFinds(firstAlone: 3, secondAlone: 3).chance == 1)
    // 2 (1 + 10) / 2^10 and 2 / 2^6.
    #expect(abs(PairedFinds(firstAlone: 9, secondAlone: 1).chance - 22.0 / 1024) < 1e-12)
    #expect(abs(PairedFinds(firstAlone: 0, secondAlone: 6).chance - 2.0 / 64) < 1e-12)
    let many = PairedFinds(firstAlone: 3000, secondAlone: 2900).chance
    #expect(many > 0.19 && many < 0.2)
  }

  @Test("a clear winner is called the best, with the interval and the questions that differ")
  func clear() throws {
    let base = [2.0, 3, 2.5, 2.2, 3.1, 2.8, 2.4, 2.9]
    let comparison = try comparison(
      losses: [base, base.enumerated().map { $1 + 0.2 + 0.01 * Double($0 % 2) }, base.map { $0 + 3 }],
      finds: [[1, 1, 1, 1], [1, 1, 1, 0], [0, 0, 0, 0]])
    #expect(comparison.isSure && comparison.winner?.policy.name == "8x64")
    #expect(
      comparison.sentences == [
        "SelfExtend (8x64) is the best of 3 policies at 1,024 tokens (95 % confidence against each)."
      ])
    let rows = comparison.rows
    #expect(rows.map { $0[1] } == ["best", "worse", "worse"] && rows.map { $0[2] } == ["4/4", "3/4", "0/4"])
    #expect(rows[1][4].hasPrefix("0.205 (0.2") && rows[2][5] == "0 : 4 (p = 0.125)")
    #expect(comparison.rows.allSatisfy { $0.count == PolicyComparison.head.count })
  }

  @Test("differences within the error are said to be no win")
  func tied() throws {
    let base = [2.0, 3, 2.5, 2.2, 3.1, 2.8, 2.4, 2.9]
    let comparison = try comparison(
      losses: [base, base.enumerated().map { $1 + ($0 % 2 == 0 ? 0.3 : -0.28) }, base.map { $0 + 3 }],
      finds: [[1, 1], [1, 1], [0, 0]])
    #expect(!comparison.isSure)
    #expect(comparison.sentences[0].contains("leads 3 policies at 1,024 tokens, but is not surely better than ReRoPE"))
    #expect(comparison.rows.map { $0[1] } == ["leads", "not surely worse", "worse"])
  }

  @Test("one window proves nothing, and numbers that no policy finds decide nothing")
  func tooLittle() throws {
    let comparison = try comparison(losses: [[2], [2.1], [5]], finds: [[0], [0], [0]])
    #expect(!comparison.isSure && comparison.sentences[0].contains("but is not surely better"))
    #expect(comparison.sentences[1] == "No policy found any number, so perplexity alone decides.")
  }

  @Test("a run compares its policy, plain attention and the rivals on the same windows and questions")
  func run() async throws {
    let tokenizer = try ByteModel.tokenizer()
    let questions = RetrievalQuestions(
      depths: [0.2, 0.8], tokenizer: tokenizer,
      builder: RetrievalPromptBuilder(
        tokenizer: tokenizer, filler: try FillerText(RetrievalWording.filler, tokenizer: tokenizer), seed: 3))
    let lengths = [256, 1024]
    func policy(_ text: String, _ length: Int) throws -> PositionPolicy {
      try PolicyChoice.forLength(length, trainedLength: 256, request: PolicyRequest(text)).policy
    }
    let rivals = try ["rerope", "self", "auto", "plain"].map { try policy($0, 1024) }
    let run = VerificationRun(
      lengths: lengths, policies: try lengths.map { try policy("auto", $0) }, rivals: rivals,
      tokens: (0..<1500).map { TokenID(3 + $0 * 7 % 250) }, stride: 32, windowCount: 6,
      tasks: [try RetrievalTask(keyCount: 1, digitCount: 5, wording: .passkey)], questions: questions, trialCount: 2)
    // The automatic policy and plain attention are measured anyway.
    #expect(run.rivals.map(\.method) == [.reRoPE, .logistic])
    let engine = FunctionEngine(
      answer: { request, policy in
        guard policy.groups else { return [70] }
        return Array(request.prompt.drop { !(51...60).contains($0) }.prefix { (51...60).contains($0) })
      },
      logprob: { request, policy, index in
        -Float(request.prompt[index] % 9) - (policy.method == .logistic ? 0 : policy.groups ? 0.5 : 2)
      })
    var done = 0
    let results = try await run.measure(through: EngineBatch(engine: engine, concurrency: 2)) { done = $0 }
    #expect(done == run.requestCount)
    let comparison = try #require(results.comparison)
    #expect(comparison.length == 1024 && comparison.winner?.policy.method == .logistic)
    #expect(comparison.ranking.ranked.map { $0.perplexity.windowLosses.count } == [6, 6, 6, 6])
    #expect(comparison.ranking.ranked.map(\.retrieval.trialCount) == [4, 4, 4, 4])
    #expect(comparison.ranking.ranked.last?.policy.groups == false)
    #expect(results.perplexity.count == 2 && results.heatMaps.allSatisfy { $0.shares.count == 2 })
  }

  @Test("the page shows the comparison, also where a loss is no number")
  func page() throws {
    let whole = try VerificationSample.make()
    let base = [2.0, 3, 2.5, 2.2, 3.1, 2.8, 2.4, 2.9]
    let verification = ContextVerification(
      model: "sample", trainedLength: 256, contextLength: 1024, weightByteCount: 1, workerCount: 1, seed: 1, stride: 32,
      rows: whole.rows, heatMaps: whole.heatMaps,
      comparison: try comparison(
        losses: [base, base.map { $0 + 0.2 }, base.map { $0 + .nan }], finds: [[1, 1], [1, 1], [0, 0]]))
    let page = VerificationPage(verification, program: "longhaul test").html
    for word in ["Policies at 1,024 tokens", "ReRoPE (rerope:64)", "plain attention", "0 : 2 (p = 0.500)"] {
      #expect(page.contains(word), "\(word)")
    }
  }
}
