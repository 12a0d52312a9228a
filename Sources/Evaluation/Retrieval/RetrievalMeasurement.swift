package import Inference
package import Tokenization

/// Hidden numbers over a grid of tasks, policies, lengths and depths.
package struct RetrievalMeasurement: Sendable {
  /// One column of a heat map: a task under a policy at a length, all depths.
  package struct Case: Hashable, Sendable {
    package let task: RetrievalTask
    package let setting: PolicySetting
    package let policy: SelfExtendPolicy
    package let length: Int
  }

  package struct Answer: Hashable, Sendable {
    package let key: String
    package let text: String
    package let isFound: Bool
  }

  /// One field of a heat map.
  package struct Cell: Hashable, Sendable {
    package let depth: Double
    package let answers: [Answer]
    package var estimate: ShareEstimate { ShareEstimate(answers.map(\.isFound)) }
  }

  package struct Column: Hashable, Sendable {
    package let value: Case
    package let cells: [Cell]
    /// All depths together.
    package var estimate: ShareEstimate { ShareEstimate(cells.flatMap { $0.answers.map(\.isFound) }) }
  }

  package let cases: [Case]
  package let depths: [Double]
  package let trialCount: Int
  private let tokenizer: Tokenizer
  private let builder: RetrievalPromptBuilder

  /// What no automatic policy admits is left out. Every policy gets the same prompts. Within the trained length the
  /// automatic policy is plain; it is measured all the same where plain attention is not.
  /// - Throws: `PolicyArgumentError`.
  package init(
    tasks: [RetrievalTask], settings: [PolicySetting], lengths: [Int], depths: [Double], trialCount: Int,
    trainedLength: Int, tokenizer: Tokenizer, builder: RetrievalPromptBuilder
  ) throws {
    (self.depths, self.trialCount, self.tokenizer, self.builder) = (depths, trialCount, tokenizer, builder)
    var cases: [Case] = []
    for task in tasks {
      for setting in settings {
        for length in lengths {
          do {
            let policy = try PolicyChoice.forLength(length, trainedLength: trainedLength, request: setting.request)
              .policy
            cases.append(Case(task: task, setting: setting, policy: policy, length: length))
          } catch is PolicyRefusal {
            continue
          }
        }
      }
    }
    self.cases = cases
  }

  /// Depths spread evenly from 0 to 1; one alone lies in the middle.
  package static func depths(count: Int) -> [Double] {
    count < 2 ? [0.5] : (0..<count).map { Double($0) / Double(count - 1) }
  }

  package var requestCount: Int { cases.count * depths.count * trialCount }

  /// The prompts of a case, depth by depth.
  package func prompts(of value: Case) throws(RetrievalRefusal) -> [RetrievalPrompt] {
    var prompts: [RetrievalPrompt] = []
    for depth in depths {
      for trial in 0..<trialCount {
        prompts.append(try builder.prompt(value.task, length: value.length, depth: depth, trial: trial))
      }
    }
    return prompts
  }

  /// - Parameter progress: told the requests done, out of `requestCount`.
  /// - Throws: `RetrievalRefusal` when a length is too short for its words; whatever the engine throws.
  package func columns(through batch: EngineBatch, progress: (Int) -> Void) async throws -> [Column] {
    var columns: [Column] = []
    for value in cases {
      let prompts = try prompts(of: value)
      let before = columns.count * prompts.count
      let outcomes = try await batch.outcomes(of: prompts.map { request(for: $0, value) }) { progress(before + $0) }
      let answers = zip(prompts, outcomes).map { answer(to: $0, $1.tokens) }
      columns.append(
        Column(
          value: value,
          cells: depths.indices.map { index in
            Cell(depth: depths[index], answers: Array(answers[index * trialCount..<(index + 1) * trialCount]))
          }))
    }
    return columns
  }

  package func request(for prompt: RetrievalPrompt, _ value: Case) -> GenerationRequest {
    var request = GenerationRequest(prompt: prompt.tokens, maximumNewTokens: value.task.answerTokenCount)
    request.sampling = .greedy
    request.policy = PolicyRequest(groupSize: value.policy.groupSize, neighborWindow: value.policy.neighborWindow)
    request.stopTokens = tokenizer.endTokens
    return request
  }

  package func answer(to prompt: RetrievalPrompt, _ tokens: [TokenID]) -> Answer {
    let text = tokenizer.decode(tokens, continuing: true)
    return Answer(key: prompt.key, text: text, isFound: RetrievalTask.isFound(prompt.key, in: text))
  }
}
