package import Core
package import Tokenization

/// Makes the questions of a task over depths and trials, and scores the answers.
package struct RetrievalQuestions: Sendable {
  package struct Answer: Hashable, Sendable {
    package let key: String
    package let text: String
    package let isFound: Bool
  }

  package let depths: [Double]
  private let tokenizer: Tokenizer
  private let builder: RetrievalPromptBuilder

  package init(depths: [Double], tokenizer: Tokenizer, builder: RetrievalPromptBuilder) {
    (self.depths, self.tokenizer, self.builder) = (depths, tokenizer, builder)
  }

  /// Depths spread evenly from 0 to 1; a single one is in the middle.
  package static func evenDepths(_ count: Int) -> [Double] {
    count < 2 ? [0.5] : (0..<count).map { Double($0) / Double(count - 1) }
  }

  /// The prompts of a length, by depth and then trial.
  package func prompts(
    _ task: RetrievalTask, length: Int, trials: Range<Int>
  ) throws(RetrievalRefusal) -> [RetrievalPrompt] {
    var prompts: [RetrievalPrompt] = []
    for depth in depths {
      for trial in trials {
        prompts.append(try builder.prompt(task, length: length, depth: depth, trial: trial))
      }
    }
    return prompts
  }

  /// A request for a greedy completion of at most the task's tokens.
  package func request(
    for prompt: RetrievalPrompt, _ task: RetrievalTask, _ policy: PositionPolicy
  ) -> GenerationRequest {
    var request = GenerationRequest(prompt: prompt.tokens, maximumNewTokens: task.answerTokenCount)
    request.sampling = .greedy
    request.policy = PolicyRequest(policy)
    request.stopTokens = tokenizer.endTokens
    return request
  }

  package func answer(to prompt: RetrievalPrompt, _ tokens: [TokenID]) -> Answer {
    let text = tokenizer.decode(tokens, continuing: true)
    return Answer(key: prompt.key, text: text, isFound: RetrievalTask.isFound(prompt.key, in: text))
  }
}
