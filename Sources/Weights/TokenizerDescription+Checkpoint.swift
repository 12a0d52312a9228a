package import Core

extension TokenizerDescription {
  /// What a checkpoint says of its tokenizer, read again on each call. Ids are within the vocabulary and
  /// arrays that go with the tokens are as long as they.
  ///
  /// Throws `CheckpointError` when the checkpoint has no tokenizer or its parts do not fit together. Whether
  /// `model` and `preTokenizer` are known is for the tokenizers to say.
  package init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    let metadata = checkpoint.metadata
    guard let model = try metadata.string(Key.model) else {
      throw .unsupported(
        metadata.fileName, Key.model, "is missing: the file has no tokenizer",
        remedy: "convert the model together with its tokenizer")
    }
    let tokens = try Self.tokens(metadata)
    let kinds = try Self.kinds(metadata, tokenCount: tokens.count)
    var special = SpecialTokens(metadata, tokenCount: tokens.count)
    let ends = try special.tokens(Key.end)
    self.init(
      model: model,
      preTokenizer: try metadata.string(Key.preTokenizer) ?? "",
      tokens: tokens,
      scores: try Self.scores(metadata, model: model, tokenCount: tokens.count),
      kinds: kinds,
      merges: try Self.merges(metadata),
      beginToken: try special.tokens(Key.begin).first,
      endToken: ends.first,
      otherEndTokens: try Self.otherEndTokens(&special, tokens: tokens, kinds: kinds, ends: ends),
      unknownToken: try special.tokens(Key.unknown).first,
      addsBeginToken: try metadata.flag(Key.addsBegin),
      addsEndToken: try metadata.flag(Key.addsEnd),
      addsSpacePrefix: try metadata.flag(Key.addsSpacePrefix),
      chatTemplate: try metadata.string(Key.chatTemplate))
    warnings = special.warnings
    // Its arrays were read from the file just now.
    try checkpoint.file.requireUnchanged()
  }

  /// The same in all architectures.
  private enum Key {
    static let model = "tokenizer.ggml.model"
    static let preTokenizer = "tokenizer.ggml.pre"
    static let scores = "tokenizer.ggml.scores"
    static let kinds = "tokenizer.ggml.token_type"
    static let merges = "tokenizer.ggml.merges"
    static let begin = "tokenizer.ggml.bos_token_id"
    static let end = "tokenizer.ggml.eos_token_id"
    static let endOfTurn = "tokenizer.ggml.eot_token_id"
    static let endOfMessage = "tokenizer.ggml.eom_token_id"
    static let unknown = "tokenizer.ggml.unknown_token_id"
    static let addsBegin = "tokenizer.ggml.add_bos_token"
    static let addsEnd = "tokenizer.ggml.add_eos_token"
    static let addsSpacePrefix = "tokenizer.ggml.add_space_prefix"
    static let chatTemplate = "tokenizer.chat_template"
  }

  private static func tokens(_ metadata: Metadata) throws(CheckpointError) -> [[UInt8]] {
    let key = Metadata.tokensKey
    guard let array = try metadata.array(key) else { throw metadata.missing(key) }
    guard (1...Limits.maximumVocabularySize).contains(array.count) else {
      throw metadata.refusal(
        key, "has \(array.count) entries but must have between 1 and \(Limits.maximumVocabularySize)")
    }
    guard let tokens = array.strings() else { throw metadata.refusal(key, "is not an array of strings") }
    return tokens
  }

  /// Byte-level BPE has no use for them; there they may be anything.
  private static func scores(
    _ metadata: Metadata, model: String, tokenCount: Int
  ) throws(CheckpointError) -> [Float] {
    guard model != "gpt2" else { return [] }
    guard let array = try aligned(metadata, Key.scores, tokenCount: tokenCount) else { return [] }
    guard let scores = array.floats() else { throw metadata.refusal(Key.scores, "is not an array of floats") }
    guard scores.allSatisfy(\.isFinite) else {
      throw metadata.refusal(Key.scores, "has a number that is not finite")
    }
    return scores
  }

  private static func kinds(_ metadata: Metadata, tokenCount: Int) throws(CheckpointError) -> [TokenKind] {
    guard let array = try aligned(metadata, Key.kinds, tokenCount: tokenCount) else { return [] }
    guard let numbers = array.integers() else {
      throw metadata.refusal(Key.kinds, "is not an array of integers")
    }
    var kinds: [TokenKind] = []
    kinds.reserveCapacity(numbers.count)
    for (index, number) in numbers.enumerated() {
      // 0 means that the converter did not know; such tokens are spelled as they stand.
      let kind = number == 0 ? TokenKind.normal : Int32(exactly: number).flatMap(TokenKind.init(rawValue:))
      guard let kind else {
        throw metadata.refusal(Key.kinds, "is \(number) at token \(index), an unknown kind")
      }
      kinds.append(kind)
    }
    return kinds
  }

  private static func merges(_ metadata: Metadata) throws(CheckpointError) -> [[UInt8]] {
    guard let array = try metadata.array(Key.merges) else { return [] }
    guard array.count <= GGUFLimits.mergeCount else {
      throw metadata.refusal(
        Key.merges, "has \(array.count) entries, and at most \(GGUFLimits.mergeCount) are read")
    }
    guard let merges = array.strings() else {
      throw metadata.refusal(Key.merges, "is not an array of strings")
    }
    return merges
  }

  /// An array that goes with the tokens; an empty one says as much as none. Its length is checked before it is read.
  private static func aligned(
    _ metadata: Metadata, _ key: String, tokenCount: Int
  ) throws(CheckpointError) -> MetadataArray? {
    guard let array = try metadata.array(key), array.count > 0 else { return nil }
    guard array.count == tokenCount else {
      throw metadata.refusal(key, "has \(array.count) entries for \(tokenCount) tokens")
    }
    return array
  }

  private static func otherEndTokens(
    _ special: inout SpecialTokens, tokens: [[UInt8]], kinds: [TokenKind], ends: [TokenID]
  ) throws(CheckpointError) -> [TokenID] {
    var found = Set(ends.dropFirst())
    for key in [Key.endOfTurn, Key.endOfMessage] { found.formUnion(try special.tokens(key)) }
    for (index, kind) in kinds.enumerated() where kind == .control || kind == .userDefined {
      if endOfTurnSpellings.contains(tokens[index]) { found.insert(TokenID(index)) }
    }
    if let end = ends.first { found.remove(end) }
    return found.sorted()
  }
}

extension Metadata {
  static let tokensKey = "tokenizer.ggml.tokens"
}
