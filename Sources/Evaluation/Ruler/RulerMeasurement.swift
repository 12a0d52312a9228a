package import Core
package import Tokenization

/// RULER over a grid of policies, tasks and lengths.
package struct RulerMeasurement: Sendable {
  /// One cell of a table: a task under a policy at a length.
  package struct Case: Hashable, Sendable {
    package let task: RulerTask
    package let setting: PolicySetting
    package let policy: PositionPolicy
    package let length: Int
  }

  package struct Answer: Hashable, Sendable {
    package let text: String
    package let references: [String]
    /// 0 to 1.
    package let score: Double
    package let promptTokenCount: Int

    package init(text: String, references: [String], score: Double, promptTokenCount: Int) {
      (self.text, self.references, self.score) = (text, references, score)
      self.promptTokenCount = promptTokenCount
    }
  }

  package struct Cell: Hashable, Sendable {
    package let value: Case
    package let answers: [Answer]
    package var estimate: MeanEstimate { MeanEstimate(answers.map { 100 * $0.score }) }

    package init(value: Case, answers: [Answer]) { (self.value, self.answers) = (value, answers) }
  }

  package let cases: [Case]
  private let sampleCount: Int
  private let builder: RulerPromptBuilder
  private let tokenizer: Tokenizer

  /// Omits lengths that a setting does not admit. Every policy gets the same prompts.
  /// - Throws: `PolicyArgumentError`.
  package init(
    tasks: [RulerTask], settings: [PolicySetting], lengths: [Int], sampleCount: Int, trainedLength: Int,
    tokenizer: Tokenizer, builder: RulerPromptBuilder
  ) throws {
    (self.sampleCount, self.tokenizer, self.builder) = (sampleCount, tokenizer, builder)
    var cases: [Case] = []
    for setting in settings {
      for length in lengths {
        guard let policy = try setting.policy(length: length, trainedLength: trainedLength) else { continue }
        cases += tasks.map { Case(task: $0, setting: setting, policy: policy, length: length) }
      }
    }
    self.cases = cases
  }

  package var requestCount: Int { cases.count * sampleCount }

  /// Measures every sample at its smallest, to throw before any process starts.
  /// - Throws: `RetrievalRefusal`.
  package func check() throws(RetrievalRefusal) {
    guard !cases.isEmpty else {
      throw RetrievalRefusal("no policy admits any of the lengths; pass shorter --lengths or another --policy")
    }
    var seen: Set<[Int]> = []
    for value in cases {
      let place = RulerTask.allCases.firstIndex(of: value.task) ?? 0
      guard seen.insert([place, value.length]).inserted else { continue }
      for sample in 0..<sampleCount { try builder.check(value.task, length: value.length, sample: sample) }
    }
  }

  /// - Parameter progress: receives the number of finished requests, of `requestCount`.
  package func cells(through batch: EngineBatch, progress: (Int) -> Void) async throws -> [Cell] {
    var cells: [Cell] = []
    for value in cases {
      var prompts: [RulerPrompt] = []
      for sample in 0..<sampleCount {
        prompts.append(try builder.prompt(value.task, length: value.length, sample: sample))
      }
      let before = cells.count * sampleCount
      let outcomes = try await batch.outcomes(of: prompts.map { request(for: $0, value) }) { progress(before + $0) }
      cells.append(
        Cell(
          value: value,
          answers: zip(prompts, outcomes).map { prompt, outcome in
            let text = tokenizer.decode(outcome.tokens, continuing: true)
            return Answer(
              text: text, references: prompt.references,
              score: value.task.metric.score(text, references: prompt.references),
              promptTokenCount: prompt.tokens.count)
          }))
    }
    return cells
  }

  private func request(for prompt: RulerPrompt, _ value: Case) -> GenerationRequest {
    var request = GenerationRequest(prompt: prompt.tokens, maximumNewTokens: value.task.answerTokenCount)
    request.sampling = .greedy
    request.policy = PolicyRequest(value.policy)
    request.stopTokens = tokenizer.endTokens
    return request
  }
}
