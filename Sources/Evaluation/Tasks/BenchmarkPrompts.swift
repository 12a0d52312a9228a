package import Inference
package import Tokenization

/// Turns items into prompts of at most so many tokens.
package struct BenchmarkPrompts: Sendable {
  /// One prompt, ready to be sent.
  package struct Prompt: Hashable, Sendable {
    package let tokens: [TokenID]
    /// Whether something had to be left out.
    package let isCut: Bool
  }

  private let tokenizer: Tokenizer
  private let contextLength: Int

  /// - Parameter contextLength: prompt and answer together.
  package init(tokenizer: Tokenizer, contextLength: Int) {
    self.tokenizer = tokenizer
    self.contextLength = contextLength
  }

  /// - Throws: when the context leaves no room for a prompt beside the task's answer.
  package func prompt(_ item: BenchmarkItem, task: BenchmarkTask) throws(BenchmarkFileError) -> Prompt {
    let room = contextLength - task.answerTokenCount
    guard room >= 2 else {
      throw BenchmarkFileError(
        reason: "\(task.name) answers with up to \(task.answerTokenCount) tokens, which leaves nothing of a context of "
          + "\(contextLength); give a larger --context")
    }
    let template = try PromptTemplate(item.ownTemplate ?? task.template)
    var tokens = encoded(template.filled(context: item.context, input: item.input))
    guard tokens.count > room else { return Prompt(tokens: tokens, isCut: false) }
    if task.kept != .bothEnds {
      let others = encoded(template.filled(context: "", input: item.input)).count
      // A few tokens less: where pieces are joined, others may form.
      let context = part(of: item.context, tokenCount: max(0, room - others - 8), front: task.kept == .documentFront)
      tokens = encoded(template.filled(context: context, input: item.input))
    }
    return Prompt(tokens: middleCut(tokens, to: room), isCut: true)
  }

  private func encoded(_ text: String) -> [TokenID] {
    tokenizer.encode(text, addingBegin: tokenizer.addsBeginToken, parsingSpecial: false)
  }

  private func part(of document: String, tokenCount: Int, front: Bool) -> String {
    let tokens = tokenizer.encode(document, addingBegin: false, parsingSpecial: false)
    var text = StreamingDetokenizer(tokenizer, continuing: false)
    let kept = front ? tokens.prefix(tokenCount) : tokens.suffix(tokenCount)
    return kept.map { text.append($0) }.joined()
  }

  /// The first half of the room from the front, the other from the end: both may hold instructions.
  private func middleCut(_ tokens: [TokenID], to room: Int) -> [TokenID] {
    guard tokens.count > room else { return tokens }
    return Array(tokens.prefix(room / 2) + tokens.suffix(room - room / 2))
  }
}
