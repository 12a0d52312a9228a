package import Core

/// Retrieval over a grid of tasks, policies, lengths and depths.
package struct RetrievalMeasurement: Sendable {
  /// One column of a heat map: a task under a policy at a length, all depths.
  package struct Case: Hashable, Sendable {
    package let task: RetrievalTask
    package let setting: PolicySetting
    package let policy: PositionPolicy
    package let length: Int
  }

  /// One cell of a heat map.
  package struct Cell: Hashable, Sendable {
    package let depth: Double
    package let answers: [RetrievalQuestions.Answer]
    package var estimate: ShareEstimate { ShareEstimate(answers.map(\.isFound)) }
  }

  package struct Column: Hashable, Sendable {
    package let value: Case
    package let cells: [Cell]
    /// All depths together.
    package var estimate: ShareEstimate { ShareEstimate(cells.flatMap { $0.answers.map(\.isFound) }) }
  }

  package let cases: [Case]
  private let questions: RetrievalQuestions
  private let trialCount: Int

  /// Omits lengths that a setting does not admit. Every policy gets the same prompts.
  /// - Throws: `PolicyArgumentError`.
  package init(
    tasks: [RetrievalTask], settings: [PolicySetting], lengths: [Int], trialCount: Int, trainedLength: Int,
    questions: RetrievalQuestions
  ) throws {
    (self.trialCount, self.questions) = (trialCount, questions)
    var cases: [Case] = []
    for task in tasks {
      for setting in settings {
        for length in lengths {
          guard let policy = try setting.policy(length: length, trainedLength: trainedLength) else { continue }
          cases.append(Case(task: task, setting: setting, policy: policy, length: length))
        }
      }
    }
    self.cases = cases
  }

  package var requestCount: Int { cases.count * questions.depths.count * trialCount }

  /// Builds every prompt once, to throw before any process starts.
  /// - Throws: `RetrievalRefusal` when a length is too short for its text.
  package func check() throws(RetrievalRefusal) {
    for value in cases { _ = try questions.prompts(value.task, length: value.length, trials: 0..<1) }
  }

  /// - Parameter progress: receives the number of finished requests, of `requestCount`.
  package func columns(through batch: EngineBatch, progress: (Int) -> Void) async throws -> [Column] {
    var columns: [Column] = []
    for value in cases {
      let prompts = try questions.prompts(value.task, length: value.length, trials: 0..<trialCount)
      let before = columns.count * prompts.count
      let outcomes = try await batch.outcomes(
        of: prompts.map { questions.request(for: $0, value.task, value.policy) }
      ) { progress(before + $0) }
      let answers = zip(prompts, outcomes).map { questions.answer(to: $0, $1.tokens) }
      columns.append(
        Column(
          value: value,
          cells: questions.depths.indices.map { index in
            Cell(
              depth: questions.depths[index], answers: Array(answers[index * trialCount..<(index + 1) * trialCount]))
          }))
    }
    return columns
  }
}
