import Inference
import OpenAIAPI
import Tokenization

/// A vocabulary of single bytes: token 3 + b is byte b, 0...2 are unknown, begin and end.
enum ByteVocabulary {
  static func tokens(of text: String) -> [TokenID] { text.utf8.map { TokenID($0) + 3 } }

  static let description = TokenizerDescription(
    model: "llama", preTokenizer: "",
    tokens: ["<unk>", "<s>", "</s>"].map { Array($0.utf8) } + (0..<256).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return Array("<0x\(digits.count < 2 ? "0" : "")\(digits)>".utf8)
    },
    scores: Array(repeating: 0, count: 259),
    kinds: [.unknown, .control, .control] + Array(repeating: .byte, count: 256), merges: [], beginToken: 1,
    endToken: 2, otherEndTokens: [], unknownToken: 0, addsBeginToken: true, addsEndToken: false,
    addsSpacePrefix: false, chatTemplate: nil)
}

/// Bytes as tokens, and `role:content\n` as chat template.
struct CannedCodec: TextCodec {
  private let tokenizer: Tokenizer

  init() throws { tokenizer = try Tokenizer(ByteVocabulary.description) }

  var endTokens: Set<TokenID> { [2] }
  func encode(prompt: String) -> [TokenID] { [1] + ByteVocabulary.tokens(of: prompt) }

  func encode(chat: ChatPrompt) throws -> [TokenID] {
    if chat.messages.last?.content == "refuse" { throw TemplateRefusal() }
    let text = chat.messages.map { "\($0.role):\($0.content)\n" }.joined()
    return encode(prompt: text + (chat.addsGenerationPrompt ? "assistant:" : ""))
  }

  func makeDecoder(stopStrings: [String]) -> any TextDecoder {
    ModelTextDecoder(tokenizer, stopStrings: stopStrings)
  }

  func spelling(of token: TokenID) -> [UInt8] { token < 3 ? ByteVocabulary.description.tokens[Int(token)] : [UInt8(clamping: token - 3)] }

  struct TemplateRefusal: Error, CustomStringConvertible {
    var description: String { "roles must alternate" }
  }
}
