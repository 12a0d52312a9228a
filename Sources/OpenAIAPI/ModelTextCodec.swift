package import ChatTemplates
package import Core
import Tokenization

/// The served model's own tokenizer and chat template.
package struct ModelTextCodec: TextCodec {
  private let tokenizer: Tokenizer
  private let template: ChatTemplate
  private let now: @Sendable () -> TemplateDate
  /// Why the chat template cannot be read; then every chat is refused, and completions are not.
  package let templateError: ChatTemplateError?
  package let facts: TokenizerFacts

  /// Makes both from the checkpoint's description; without a template, chats use `ChatTemplate.plain`.
  /// - Parameter now: the date that templates may show; read once for each chat, from any thread.
  /// - Throws: `TokenizerError` when the tokenizer is damaged or not supported.
  package init(_ description: TokenizerDescription, now: @escaping @Sendable () -> TemplateDate) throws {
    tokenizer = try Tokenizer(description)
    (template, templateError) = Self.template(description.chatTemplate)
    self.now = now
    facts = TokenizerFacts(
      beginToken: tokenizer.beginToken.flatMap { [tokenizer] in tokenizer.spelling(of: $0) },
      endToken: description.endToken.flatMap { [tokenizer] in tokenizer.spelling(of: $0) },
      chatTemplate: description.chatTemplate)
  }

  private static func template(_ source: String?) -> (ChatTemplate, ChatTemplateError?) {
    guard let source else { return (.plain, nil) }
    do {
      return (try ChatTemplate(source: source), nil)
    } catch {
      return (.unreadable(error), error)
    }
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

  package func controlToken(_ spelling: String) -> TokenID? {
    let tokens = tokenizer.encode(spelling, addingBegin: false, parsingSpecial: true)
    guard tokens.count == 1, tokenizer.isControl(tokens[0]), tokenizer.spelling(of: tokens[0]) == spelling else {
      return nil
    }
    return tokens[0]
  }

  package func spelling(of token: TokenID) -> [UInt8] {
    let bytes = tokenizer.bytes(of: token)
    // Control tokens add no text, so a report shows their spelling.
    return bytes.isEmpty ? Array((tokenizer.spelling(of: token) ?? "").utf8) : bytes
  }
}
