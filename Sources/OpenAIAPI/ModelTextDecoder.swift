package import Core
package import Tokenization

/// Decodes a completion with the served model's tokenizer.
package struct ModelTextDecoder: TextDecoder {
  private var characters: StreamingDetokenizer
  private var stops: StopMatcher

  package init(_ tokenizer: Tokenizer, stopStrings: [String]) {
    characters = StreamingDetokenizer(tokenizer, continuing: true)
    stops = StopMatcher(stopStrings)
  }

  package mutating func append(_ token: TokenID) -> DecodedText {
    let output = stops.append(characters.append(token))
    return DecodedText(text: output.text, isStopped: output.matched != nil)
  }

  /// Omits a character that the end of the completion cuts off.
  package mutating func finish() -> DecodedText { DecodedText(text: stops.finish()) }
}
