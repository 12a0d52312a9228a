import Core

/// How a description's text is encoded: the parts of a tokenizer, and what the file leaves to the kind.
struct EncoderSetup {
  let encoder: TextEncoder
  let rewriter: TextRewriter
  let spellsBytes: Bool
  let addsSpacePrefix: Bool
  let addsBeginToken: Bool

  /// Kinds of `tokenizer.ggml.model` that this version knows by name and does not read.
  private static let refused = [
    "bert": "WordPiece, which encoders use", "rwkv": "RWKV's trie", "plamo2": "PLaMo-2's table",
    "hybriddna": "a tokenizer of DNA", "none": "no tokenizer at all", "no_vocab": "no tokenizer at all",
  ]

  /// - Throws: `TokenizerError` for a kind or a pre-tokenizer that is not supported, and for damaged vocabularies.
  init(_ description: TokenizerDescription, _ vocabulary: Vocabulary) throws(TokenizerError) {
    switch description.model {
    case "llama":
      addsSpacePrefix = description.addsSpacePrefix ?? true
      addsBeginToken = description.addsBeginToken ?? true
      encoder = .sentencePiece(
        try SentencePieceEncoder(vocabulary, scores: description.scores, fusesUnknown: description.fusesUnknown),
        addsPrefix: addsSpacePrefix)
      spellsBytes = false
      rewriter = try TextRewriter(description.preparation?.rewrites ?? [])
    case "gpt2", "gemma4":
      let preparation = try PreparedMerges(description)
      addsSpacePrefix = preparation.spellsCharacters && (description.addsSpacePrefix ?? false)
      addsBeginToken = description.addsBeginToken ?? preparation.addsBeginByDefault
      spellsBytes = !preparation.spellsCharacters
      rewriter = try TextRewriter(preparation.rewrites)
      encoder =
        preparation.spellsCharacters
        ? .character(
          try CharacterEncoder(
            vocabulary, merges: description.merges, preTokenizer: preparation.preTokenizer,
            takesEntriesWhole: preparation.takesEntriesWhole, fusesUnknown: description.fusesUnknown))
        : .byteLevel(
          try ByteLevelEncoder(
            vocabulary, merges: description.merges, preTokenizer: preparation.preTokenizer,
            takesEntriesWhole: preparation.takesEntriesWhole))
    case "t5":
      guard let preparation = description.preparation else {
        throw TokenizerError(
          "the tokenizer kind \"t5\" of GGUF files (Unigram with a table of characters) is not supported; use the"
            + " model's tokenizer.json")
      }
      addsSpacePrefix = description.addsSpacePrefix ?? false
      addsBeginToken = description.addsBeginToken ?? false
      spellsBytes = false
      rewriter = try TextRewriter(preparation.rewrites)
      encoder = .unigram(
        try UnigramEncoder(
          vocabulary, scores: description.scores, preTokenizer: try PreTokenizer(preparation.splits)))
    default:
      let known = EncoderSetup.refused[description.model].map { " (\($0))" } ?? ""
      throw TokenizerError(
        "the tokenizer kind \"\(description.model.prefix(64))\"\(known) is not supported; use a model whose"
          + " tokenizer.ggml.model is \"llama\", \"gpt2\" or \"gemma4\"")
    }
  }
}

/// How texts are prepared for merging: as a `tokenizer.json` says it, or as GGUF names it.
private struct PreparedMerges {
  let rewrites: [TextRewrite]
  let preTokenizer: PreTokenizer
  let takesEntriesWhole: Bool
  let addsBeginByDefault: Bool
  let spellsCharacters: Bool

  init(_ description: TokenizerDescription) throws(TokenizerError) {
    if let preparation = description.preparation {
      rewrites = preparation.rewrites
      preTokenizer = try PreTokenizer(preparation.splits)
      takesEntriesWhole = preparation.takesEntriesWhole
      addsBeginByDefault = false
      spellsCharacters = description.model == "gemma4"
    } else {
      // Files of the kind "gemma4" need not name the only pre-tokenizer that it has.
      let isUnnamed = description.model == "gemma4" && description.preTokenizer.isEmpty
      let family = try PreTokenizerFamily(named: isUnnamed ? "gemma4" : description.preTokenizer)
      preTokenizer = try family.preTokenizer()
      takesEntriesWhole = family.takesEntriesWhole
      addsBeginByDefault = family.addsBeginByDefault
      spellsCharacters = family.spellsCharacters
      rewrites = family.spellsCharacters ? [.replace(.literal(" "), with: "▁")] : []
    }
  }
}
