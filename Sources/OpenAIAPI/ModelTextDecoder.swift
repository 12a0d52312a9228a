package import Core
package import Tokenization

/// Decodes a completion with the served model's tokenizer.
package struct ModelTextDecoder: TextDecoder {
  private let tokenizer: Tokenizer
  private let options: DecodingOptions
  private var characters: StreamingDetokenizer
  private var stops: StopMatcher

  package init(_ tokenizer: Tokenizer, _ options: DecodingOptions) {
    self.tokenizer = tokenizer
    self.options = options
    characters = StreamingDetokenizer(tokenizer, continuing: options.isContinuation)
    stops = StopMatcher(options.stopStrings)
  }

  package mutating func append(_ token: TokenID) -> DecodedText {
    let piece = text(of: token)
    let output = stops.append(piece)
    let stop = options.includesStopString ? output.matched ?? "" : ""
    return DecodedText(
      text: output.text + stop, stopString: output.matched, addedCount: piece.unicodeScalars.count)
  }

  /// Omits a character that the end of the completion cuts off.
  package mutating func finish() -> DecodedText { DecodedText(text: stops.finish()) }

  private mutating func text(of token: TokenID) -> String {
    guard options.spellsControlTokens, tokenizer.bytes(of: token).isEmpty else { return characters.append(token) }
    // A control token cuts off a character that is not complete.
    return characters.finish() + (tokenizer.spelling(of: token) ?? "")
  }
}
