import ChatTemplates
import Core
import OpenAIAPI

/// A vocabulary of single bytes: token 3 + b is byte b, 0...2 are unknown, begin and end.
enum ByteVocabulary {
  static func tokens(of text: String) -> [TokenID] { text.utf8.map { TokenID($0) + 3 } }

  /// Renders chats as `role:content` lines and does not like to be refused, unless another template is given.
  /// - Parameters:
  ///   - controlTokens: further tokens, from 259 on.
  ///   - hasBlank: the last byte, which no text has, is SentencePiece's blank instead.
  ///   - addsSpacePrefix: a text gets a blank before it, as SentencePiece has it.
  static func codec(
    template: String? = nil, controlTokens: [String] = [], hasBlank: Bool = false, addsSpacePrefix: Bool = false
  ) throws -> ModelTextCodec {
    var description = description
    description.addsSpacePrefix = addsSpacePrefix
    if hasBlank { (description.tokens[258], description.kinds[258]) = (Array("▁".utf8), .normal) }
    description.tokens += controlTokens.map { Array($0.utf8) }
    description.scores += controlTokens.map { _ in 0 }
    description.kinds += controlTokens.map { _ in .control }
    if let template { description.chatTemplate = template }
    return try ModelTextCodec(description, now: { .fixed })
  }

  private static let template = """
    {{ bos_token }}{% for message in messages %}\
    {% if message.content == 'refuse' %}{{ raise_exception('roles must alternate') }}{% endif %}\
    {{ message.role + ':' + (message.content or '') + '\\n' }}{% endfor %}\
    {% for tool in tools or [] %}{{ 'tool ' + tool.function.name + '\\n' }}{% endfor %}\
    {% if add_generation_prompt %}{{ 'assistant:' + (tone or '') }}{% endif %}
    """

  private static let description = TokenizerDescription(
    model: "llama", preTokenizer: "",
    tokens: ["<unk>", "<s>", "</s>"].map { Array($0.utf8) }
      + (0..<256).map { byte in
        let digits = String(byte, radix: 16, uppercase: true)
        return Array("<0x\(digits.count < 2 ? "0" : "")\(digits)>".utf8)
      },
    scores: Array(repeating: 0, count: 259),
    kinds: [.unknown, .control, .control] + Array(repeating: .byte, count: 256), merges: [], beginToken: 1,
    endToken: 2, otherEndTokens: [], unknownToken: 0, addsBeginToken: true, addsEndToken: false,
    addsSpacePrefix: false, chatTemplate: template)
}
