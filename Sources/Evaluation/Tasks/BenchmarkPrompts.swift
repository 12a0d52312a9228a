package import Core
package import Tokenization

/// Makes prompts of limited length from items.
package struct BenchmarkPrompts: Sendable {
  /// One prompt.
  package struct Prompt: Hashable, Sendable {
    package let tokens: [TokenID]
    /// Whether the prompt was cut to fit.
    package let isCut: Bool
  }

  private let tokenizer: Tokenizer
  private let contextLength: Int

  /// - Parameter contextLength: tokens of prompt and completion together.
  package init(tokenizer: Tokenizer, contextLength: Int) {
    self.tokenizer = tokenizer
    self.contextLength = contextLength
  }

  /// - Throws: when the context has no room for a prompt and the completion.
  package func prompt(_ item: BenchmarkItem, task: BenchmarkTask) throws(BenchmarkFileError) -> Prompt {
    let room = contextLength - task.answerTokenCount
    guard room >= 2 else {
      throw BenchmarkFileError(
        reason:
          "\(task.name) generates up to \(task.answerTokenCount) tokens, so a context of \(contextLength) has no "
          + "room for a prompt; pass a larger --context")
    }
    let template = try PromptTemplate(item.ownTemplate ?? task.template)
    var tokens = encoded(template.filled(context: item.context, input: item.input))
    guard tokens.count > room else { return Prompt(tokens: tokens, isCut: false) }
    if task.kept != .bothEnds {
      let others = encoded(template.filled(context: "", input: item.input)).count
      // A few tokens less: joined pieces may encode to more tokens.
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

  /// Keeps half from the start and half from the end: both may contain instructions.
  private func middleCut(_ tokens: [TokenID], to room: Int) -> [TokenID] {
    guard tokens.count > room else { return tokens }
    return Array(tokens.prefix(room / 2) + tokens.suffix(room - room / 2))
  }
}
