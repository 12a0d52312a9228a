package import Inference
package import Tokenization

/// An answer's ids to text with the served model's tokenizer.
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

  /// A character that the answer's end cut off is left out: what is there of it is no text.
  package mutating func finish() -> DecodedText { DecodedText(text: stops.finish()) }
}
