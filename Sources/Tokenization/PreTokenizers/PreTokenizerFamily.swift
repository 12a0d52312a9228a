/// The pre-tokenizers that GGUF files name in `tokenizer.ggml.pre`; names of one family cut alike.
enum PreTokenizerFamily: CaseIterable, Sendable {
  case plain, gpt2, llama3, llama3Merging, qwen2, qwen35, starcoder, falcon, deepseekLLM, deepseekCoder, deepseekV3
  case tekken, gpt4o, gpt4oWhole, kimiK2, superBPE, bailing, seedCoder, bloom, viking, chameleon, exaoneMoE, tinyAya
  case afmoe, jais2, youtu, laguna, ufakzeka, minicpm5, spark, lines

  /// As GGUF files spell them. All that llama.cpp knew in November 2026, without the encoders' `whitespace`.
  var names: [String] {
    switch self {
    case .plain: ["default", ""]
    case .gpt2:
      [
        "gpt-2", "gpt2", "phi-2", "mpt", "olmo", "jais", "trillion", "granite-docling", "exaone4", "gigachat",
        "a.x-4.0",
        "mellum", "modern-bert", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de", "jina-v1-en", "jina-v2-code",
        "roberta-bpe",
      ]
    case .llama3:
      [
        "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano",
      ]
    case .llama3Merging: ["smaug-bpe", "dbrx", "chatglm-bpe", "glm4"]
    case .qwen2:
      [
        "qwen2", "stablelm2", "deepseek-r1-qwen", "megrez", "kormo", "f2llmv2", "hunyuan", "solar-open", "grok-2",
      ]
    case .qwen35: ["qwen35"]
    case .starcoder:
      ["starcoder", "smollm", "refact", "command-r", "codeshell", "exaone", "minerva-7b", "mellum2"]
    case .falcon: ["falcon"]
    case .deepseekLLM: ["deepseek-llm"]
    case .deepseekCoder: ["deepseek-coder"]
    case .deepseekV3: ["deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"]
    case .tekken: ["tekken"]
    case .gpt4o: ["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"]
    case .gpt4oWhole: ["granite-embed-multi-97m"]
    case .kimiK2: ["kimi-k2"]
    case .superBPE: ["superbpe"]
    case .bailing: ["bailingmoe", "bailingmoe2", "llada-moe"]
    case .seedCoder: ["seed-coder"]
    case .bloom: ["bloom", "poro-chat", "gpt3-finnish"]
    case .viking: ["viking"]
    case .chameleon: ["chameleon"]
    case .exaoneMoE: ["exaone-moe"]
    case .tinyAya: ["tiny_aya", "cohere2moe"]
    case .afmoe: ["afmoe"]
    case .jais2: ["jais-2"]
    case .youtu: ["youtu"]
    case .laguna: ["laguna"]
    case .ufakzeka: ["ufakzeka"]
    case .minicpm5: ["minicpm5"]
    case .spark: ["spark2_5"]
    case .lines: ["gemma4", "granite-embed-multi-311m", "sarvam-moe"]
    }
  }

  /// Whether a piece that is a vocabulary entry becomes that token, regardless of merges.
  var takesEntriesWhole: Bool {
    switch self {
    case .llama3, .tekken, .gpt4oWhole, .youtu, .minicpm5: true
    default: false
    }
  }

  /// Whether models of this family use a begin token when the file does not tell.
  var addsBeginByDefault: Bool { [.llama3, .tekken, .chameleon, .lines].contains(self) }

  /// Whether the vocabulary spells characters with blanks as `▁`, and not bytes.
  var spellsCharacters: Bool { self == .lines }

  private static let byName: [String: PreTokenizerFamily] = {
    var result: [String: PreTokenizerFamily] = [:]
    for family in allCases { for name in family.names { result[name] = family } }
    return result
  }()

  /// - Throws: `TokenizerError` for a name that no family has.
  init(named name: String) throws(TokenizerError) {
    guard let family = PreTokenizerFamily.byName[name] else {
      let known = PreTokenizerFamily.byName.keys.filter { !$0.isEmpty }.sorted().joined(separator: ", ")
      throw TokenizerError(
        "the pre-tokenizer \"\(name.prefix(64))\" is not supported;"
          + " use a model whose tokenizer.ggml.pre is one of: \(known)")
    }
    self = family
  }

  func preTokenizer() throws(TokenizerError) -> PreTokenizer {
    var stages: [PreTokenizer.Stage] = []
    for source in patterns { stages.append(PreTokenizer.Stage(pattern: try Pattern(source))) }
    return PreTokenizer(stages: stages)
  }
}
