package import ChatTemplates
package import Core
import Tokenization

/// The served model's own tokenizer and chat template.
package struct ModelTextCodec: TextCodec {
  private let tokenizer: Tokenizer
  private let template: ChatTemplate
  private let now: @Sendable () -> TemplateDate
  package let facts: TokenizerFacts

  /// Makes both from the checkpoint's description; without a template, chats use `ChatTemplate.plain`.
  /// - Parameter now: the date that templates may show; read once for each chat, from any thread.
  /// - Throws: `TokenizerError` or `ChatTemplateError` when one is damaged or not supported.
  package init(_ description: TokenizerDescription, now: @escaping @Sendable () -> TemplateDate) throws {
    let template = try description.chatTemplate.map { try ChatTemplate(source: $0) }
    self.init(
      tokenizer: try Tokenizer(description), template: template ?? .plain, templateSource: description.chatTemplate,
      endToken: description.endToken, now: now)
  }

  /// - Parameter endToken: what templates call `eos_token`.
  private init(
    tokenizer: Tokenizer, template: ChatTemplate, templateSource: String?, endToken: TokenID?,
    now: @escaping @Sendable () -> TemplateDate
  ) {
    self.tokenizer = tokenizer
    self.template = template
    self.now = now
    facts = TokenizerFacts(
      beginToken: tokenizer.beginToken.flatMap { tokenizer.spelling(of: $0) },
      endToken: endToken.flatMap { tokenizer.spelling(of: $0) }, chatTemplate: templateSource)
  }

  package var endTokens: Set<TokenID> { tokenizer.endTokens }

  package func encode(_ text: String, addsBegin: Bool, parsesControlTokens: Bool) -> [TokenID] {
    tokenizer.encode(text, addingBegin: addsBegin && tokenizer.addsBeginToken, parsingSpecial: parsesControlTokens)
  }

  /// Only text that the template wrote may become special tokens.
  package func encode(chat: ChatPrompt) throws -> EncodedChat {
    let segments = try template.render(chat, beginToken: facts.beginToken, endToken: facts.endToken, date: now())
    let tokens = tokenizer.encode(
      segments.map { TextSegment($0.text, parsesSpecial: $0.isFromTemplate) },
      addingBegin: tokenizer.addsBeginToken)
    return EncodedChat(tokens: tokens, text: segments.map(\.text).joined())
  }

  package func makeDecoder(_ options: DecodingOptions) -> any TextDecoder { ModelTextDecoder(tokenizer, options) }

  package func spelling(of token: TokenID) -> [UInt8] {
    let bytes = tokenizer.bytes(of: token)
    // Control tokens add no text, so a report shows their spelling.
    return bytes.isEmpty ? Array((tokenizer.spelling(of: token) ?? "").utf8) : bytes
  }
}
