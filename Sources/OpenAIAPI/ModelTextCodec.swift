package import ChatTemplates
package import Inference
package import Tokenization

/// The served model's own tokenizer and chat template.
package struct ModelTextCodec: TextCodec {
  private let tokenizer: Tokenizer
  private let template: ChatTemplate
  package let facts: TokenizerFacts

  /// Reads both from what the checkpoint says; without a template, chats are rendered plainly.
  /// - Throws: `TokenizerError` or `ChatTemplateError` when one is damaged or not supported.
  package init(_ description: TokenizerDescription) throws {
    let template = try description.chatTemplate.map { try ChatTemplate(source: $0) }
    self.init(
      tokenizer: try Tokenizer(description), template: template ?? .plain, templateSource: description.chatTemplate,
      endToken: description.endToken)
  }

  /// - Parameter endToken: what templates call `eos_token`.
  package init(tokenizer: Tokenizer, template: ChatTemplate, templateSource: String?, endToken: TokenID?) {
    self.tokenizer = tokenizer
    self.template = template
    facts = TokenizerFacts(
      beginToken: tokenizer.beginToken.flatMap { tokenizer.spelling(of: $0) },
      endToken: endToken.flatMap { tokenizer.spelling(of: $0) }, chatTemplate: templateSource)
  }

  package var endTokens: Set<TokenID> { tokenizer.endTokens }

  /// Spellings of special tokens stand for these tokens: a plain prompt is wholly its sender's own, who may
  /// have applied a chat template already.
  package func encode(prompt: String) -> [TokenID] {
    tokenizer.encode(prompt, addingBegin: tokenizer.addsBeginToken, parsingSpecial: true)
  }

  package func encode(continuation: String) -> [TokenID] {
    tokenizer.encode(continuation, addingBegin: false, parsingSpecial: true)
  }

  /// Only what the template wrote may become special tokens; messages cannot.
  package func encode(chat: ChatPrompt) throws -> [TokenID] {
    let segments = try template.render(
      messages: chat.messages, addGenerationPrompt: chat.addsGenerationPrompt, beginToken: facts.beginToken ?? "",
      endToken: facts.endToken ?? "", extra: chat.templateVariables)
    return tokenizer.encode(
      segments.map { TextSegment($0.text, parsesSpecial: $0.isFromTemplate) },
      addingBegin: tokenizer.addsBeginToken)
  }

  package func makeDecoder(stopStrings: [String]) -> any TextDecoder {
    ModelTextDecoder(tokenizer, stopStrings: stopStrings)
  }

  package func spelling(of token: TokenID) -> [UInt8] {
    let bytes = tokenizer.bytes(of: token)
    // Control tokens add nothing to a text, but a report of them has to call them something.
    return bytes.isEmpty ? Array((tokenizer.spelling(of: token) ?? "").utf8) : bytes
  }
}
