package import Core
package import Tokenization

/// Runs a task's items on an engine with greedy sampling and scores the answers.
package struct BenchmarkRun: Sendable {
  private let batch: EngineBatch
  private let tokenizer: Tokenizer
  private let prompts: BenchmarkPrompts
  private let trainedLength: Int
  private let policy: PolicyRequest

  /// - Parameters:
  ///   - contextLength: tokens of prompt and completion together; longer prompts are cut.
  ///   - policy: the user's request; each prompt gets its own choice.
  package init(
    batch: EngineBatch, tokenizer: Tokenizer, contextLength: Int, trainedLength: Int, policy: PolicyRequest
  ) {
    self.batch = batch
    self.trainedLength = trainedLength
    self.tokenizer = tokenizer
    prompts = BenchmarkPrompts(tokenizer: tokenizer, contextLength: contextLength)
    self.policy = policy
  }

  /// - Parameter progress: receives the number of finished items.
  package func result(
    of task: BenchmarkTask, items: [BenchmarkItem], progress: (Int) -> Void = { _ in }
  ) async throws -> BenchmarkResult {
    var cut: [BenchmarkPrompts.Prompt] = []
    for item in items { cut.append(try prompts.prompt(item, task: task)) }
    let requests = try cut.map { prompt in
      var request = GenerationRequest(prompt: prompt.tokens, maximumNewTokens: task.answerTokenCount)
      request.sampling = .greedy
      request.stopTokens = tokenizer.endTokens
      // Explicit, because the cluster's default would fill in an open request.
      let choice = try PolicyChoice.forLength(
        prompt.tokens.count + task.answerTokenCount, trainedLength: trainedLength, request: policy
      ).policy
      request.policy = PolicyRequest(choice)
      return request
    }
    let outcomes = try await batch.outcomes(of: requests, progress: progress)
    let answers = zip(items, zip(cut, outcomes)).map { item, made in
      let (prompt, outcome) = made
      let text = tokenizer.decode(outcome.tokens, continuing: true)
      let scored = task.scoredPart(of: text)
      return BenchmarkAnswer(
        text: text, references: item.references, promptTokenCount: prompt.tokens.count, isCut: prompt.isCut,
        policy: outcome.policy,
        scores: task.metrics.map { $0.score(scored, references: item.references, classes: item.classes) })
    }
    return BenchmarkResult(task: task, answers: answers)
  }
}

/// One answer and its scores.
package struct BenchmarkAnswer: Sendable {
  package let text: String
  package let references: [String]
  package let promptTokenCount: Int
  /// Whether the prompt was cut to the context.
  package let isCut: Bool
  package let policy: PositionPolicy?
  /// 0 to 1, one per metric of the task.
  package let scores: [Double]
}

/// A task's answers.
package struct BenchmarkResult: Sendable {
  package let task: BenchmarkTask
  /// In file order; not empty.
  package let answers: [BenchmarkAnswer]

  package init(task: BenchmarkTask, answers: [BenchmarkAnswer]) {
    self.task = task
    self.answers = answers
  }

  /// 0 to 100: the mean of the metric with this index, the task's score at index 0.
  package func score(metric index: Int = 0) -> Double {
    100 * answers.reduce(0) { $0 + $1.scores[index] } / Double(max(1, answers.count))
  }

  /// Standard error of the score, from the spread of the answers; 0 for a single answer.
  package var standardError: Double {
    guard answers.count > 1 else { return 0 }
    let mean = score() / 100
    let squares = answers.reduce(0) { $0 + ($1.scores[0] - mean) * ($1.scores[0] - mean) }
    return 100 * (squares / Double(answers.count - 1) / Double(answers.count)).squareRoot()
  }
}
