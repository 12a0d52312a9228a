/// Cuts text before merging for byte-level vocabularies: no merge crosses a cut.
///
/// The patterns are those of the vocabularies' training, as hand-written scanners, each linear in the text.
struct PreTokenizer: Sendable {
  /// Every stage cuts the pieces of the stage before.
  private let stages: [Stage]
  /// Whether a pre-token that is a vocabulary entry becomes that token, regardless of merges.
  let takesEntriesWhole: Bool
  /// Whether models of this kind use a begin token when the file does not tell.
  let addsBeginByDefault: Bool

  /// Supported names, as GGUF files spell them in `tokenizer.ggml.pre`.
  static let names: [String: Kind] = {
    var result: [String: Kind] = [:]
    for kind in Kind.allCases { for name in kind.names { result[name] = kind } }
    return result
  }()

  /// - Throws: `TokenizerError` for a name not in `names`.
  init(named name: String) throws(TokenizerError) {
    guard let kind = PreTokenizer.names[name] else {
      let known = PreTokenizer.names.keys.filter { !$0.isEmpty }.sorted().joined(separator: ", ")
      throw TokenizerError(
        "the pre-tokenizer \"\(name.prefix(64))\" is not supported;"
          + " use a model whose tokenizer.ggml.pre is one of: \(known)")
    }
    stages = kind.stages
    takesEntriesWhole = kind == .llama3
    addsBeginByDefault = kind == .llama3
  }

  /// Calls `body` with every pre-token in order; together they are the text.
  func forEachPiece(of text: borrowing ScalarText, _ body: (Range<Int>) -> Void) {
    cut(0..<text.count, of: text, stage: 0, body)
  }

  private func cut(
    _ range: Range<Int>, of text: borrowing ScalarText, stage: Int, _ body: (Range<Int>) -> Void
  ) {
    guard stage < stages.count else { return body(range) }
    var start = range.lowerBound
    while start < range.upperBound {
      let match =
        stages[stage].firstMatch(in: text, start..<range.upperBound) ?? range.upperBound..<range.upperBound
      if match.lowerBound > start { cut(start..<match.lowerBound, of: text, stage: stage + 1, body) }
      if !match.isEmpty { cut(match, of: text, stage: stage + 1, body) }
      start = match.upperBound
    }
  }
}

extension PreTokenizer {
  /// The pre-tokenizers, each with its names.
  enum Kind: CaseIterable, Sendable {
    case plain, gpt2, llama3, llama3Merging, qwen2, qwen35, starcoder, falcon, deepseekLLM, deepseekCoder

    var names: [String] {
      switch self {
      case .plain: ["default", ""]
      case .gpt2: ["gpt-2", "gpt2", "phi-2", "mpt", "olmo"]
      case .llama3: ["llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral"]
      case .llama3Merging: ["smaug-bpe", "dbrx"]
      case .qwen2: ["qwen2", "stablelm2", "deepseek-r1-qwen", "megrez"]
      case .qwen35: ["qwen35"]
      case .starcoder: ["starcoder", "smollm", "refact", "command-r", "codeshell"]
      case .falcon: ["falcon"]
      case .deepseekLLM: ["deepseek-llm"]
      case .deepseekCoder: ["deepseek-coder"]
      }
    }

    var stages: [Stage] {
      switch self {
      case .plain: [.punctuation(backtick: false), .gpt2, .numbers, .threeDigits]
      case .gpt2: [.gpt2]
      case .llama3, .llama3Merging: [.llama3(digits: 3, marks: false)]
      case .qwen2: [.llama3(digits: 1, marks: false)]
      case .qwen35: [.llama3(digits: 1, marks: true)]
      case .starcoder: [.number, .gpt2]
      case .falcon: [.punctuation(backtick: true), .gpt2, .threeDigits]
      case .deepseekLLM:
        [.newline, .spacedCasedLetters, .spacedSymbols, .trailingWhitespace, .ideographs, .numbers]
      case .deepseekCoder: [.newline, .spacedLetters, .spacedPunctuation, .ideographs, .number]
      }
    }
  }

  /// One pattern; its matches and the text between them become pieces.
  enum Stage: Hashable, Sendable {
    case gpt2
    case llama3(digits: Int, marks: Bool)
    case punctuation(backtick: Bool)
    case numbers, number, threeDigits, newline, trailingWhitespace, ideographs
    case spacedLetters, spacedCasedLetters, spacedPunctuation, spacedSymbols
  }
}
