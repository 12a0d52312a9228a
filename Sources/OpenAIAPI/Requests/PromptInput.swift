import Core
import JSON

/// One prompt of a plain completion, or one text that becomes a vector.
enum PromptInput: Hashable, Sendable {
  case text(String)
  case tokens([Int])
  /// Texts and tokens, one after the other.
  case mixed([PromptInput])

  /// The prompts of a text, of several, of token ids, of several arrays of them, or of an array in which ids and texts
  /// follow each other; where there are several prompts, each in its own form. nil for anything else.
  static func prompts(_ value: JSONValue) -> [PromptInput]? {
    if let text = text(value) { return [text] }
    guard let items = value.array else { return nil }
    if items.contains(where: { $0.integer != nil }) { return sequence(items).map { [$0] } }
    let prompts = items.compactMap { item in text(item) ?? item.array.flatMap { sequence($0) } }
    return prompts.count == items.count ? prompts : nil
  }

  /// A text, or llama-server's objects around one: `{"prompt_string"}` and `{"content"}` with parts of text.
  private static func text(_ value: JSONValue) -> PromptInput? {
    if let text = value.string { return .text(text) }
    guard let object = value.object else { return nil }
    if let media = object["multimodal_data"], !media.isNull, media != .array([]) { return nil }
    if let text = object["prompt_string"]?.string { return .text(text) }
    guard let parts = object["content"]?.array, !parts.isEmpty else { return nil }
    let texts = parts.compactMap { $0["type"]?.string == "text" ? $0["text"]?.string : nil }
    return texts.count == parts.count ? .text(texts.joined()) : nil
  }

  private static func sequence(_ items: [JSONValue]) -> PromptInput? {
    let tokens = items.compactMap(\.integer)
    if tokens.count == items.count { return .tokens(tokens) }
    let pieces = items.compactMap { item in item.integer.map { .tokens([$0]) } ?? text(item) }
    return pieces.count == items.count ? .mixed(pieces) : nil
  }

  /// The prompt's tokens. A text at its beginning has the model's begin token before it.
  /// - Parameter field: names the prompt in errors.
  func encoded(_ codec: any TextCodec, model: ServedModel, field: String) throws -> [TokenID] {
    switch self {
    case .text(let text): return try codec.encode(prompt: text)
    case .tokens(let tokens): return try TokenInput.checked(tokens, in: field, model: model)
    case .mixed(let pieces):
      return try pieces.enumerated().flatMap { place, piece -> [TokenID] in
        guard place > 0, case .text(let text) = piece else {
          return try piece.encoded(codec, model: model, field: field)
        }
        return try codec.encode(text, addsBegin: false, parsesControlTokens: true)
      }
    }
  }
}
