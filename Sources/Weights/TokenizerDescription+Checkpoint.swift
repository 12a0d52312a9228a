package import Core

extension TokenizerDescription {
  /// What a checkpoint says of its tokenizer, read again on each call. Ids are within the vocabulary and
  /// arrays that go with the tokens are as long as they. What is damaged and not needed is left out with a warning.
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
    var warnings: [String] = []
    func ids(_ key: String) throws(CheckpointError) -> [TokenID] {
      try Self.ids(metadata, key, tokenCount: tokens.count, &warnings)
    }
    let ends = try ids(Key.end)
    var otherEnds = Set(ends.dropFirst())
    otherEnds.formUnion(try ids(Key.endOfTurn) + ids(Key.endOfMessage))
    if !kinds.isEmpty {
      otherEnds.formUnion(Self.ends(Self.endOfTurnSpellings, of: tokens) { kinds[Int($0)].isSpecial })
    }
    self.init(
      model: model,
      preTokenizer: try metadata.string(Key.preTokenizer) ?? "",
      tokens: tokens,
      scores: try Self.scores(metadata, model: model, tokenCount: tokens.count, &warnings),
      kinds: kinds,
      merges: try Self.merges(metadata),
      beginToken: try ids(Key.begin).first,
      endToken: ends.first,
      otherEndTokens: otherEnds.filter { $0 != ends.first }.sorted(),
      unknownToken: try ids(Key.unknown).first,
      addsBeginToken: try metadata.flag(Key.addsBegin),
      addsEndToken: try metadata.flag(Key.addsEnd),
      addsSpacePrefix: try metadata.flag(Key.addsSpacePrefix),
      chatTemplate: Self.chatTemplate(metadata, &warnings))
    self.warnings = warnings
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

  /// Completions need none, so a damaged one does not keep the model from loading.
  private static func chatTemplate(_ metadata: Metadata, _ warnings: inout [String]) -> String? {
    switch metadata[Key.chatTemplate] {
    case nil: return nil
    case .string(let text): return text
    case .repairedString(let text):
      warnings.append("\(Key.chatTemplate) is not UTF-8 text; U+FFFD stands for the bytes that do not belong")
      return text
    case .unsigned, .signed, .float, .bool, .array, .nestedArray:
      warnings.append("\(Key.chatTemplate) is not a string and is left out; pass a template with --chat-template")
      return nil
    }
  }

  /// Only vocabularies whose merges follow from scores need them.
  private static func scores(
    _ metadata: Metadata, model: String, tokenCount: Int, _ warnings: inout [String]
  ) throws(CheckpointError) -> [Float] {
    do throws(CheckpointError) {
      return try scores(metadata, tokenCount: tokenCount)
    } catch {
      guard model == "gpt2" || model == "gemma4" else { throw error }
      warnings.append("\(Key.scores) \(error.problem); a vocabulary with merges needs none, so it is left out")
      return []
    }
  }

  private static func scores(_ metadata: Metadata, tokenCount: Int) throws(CheckpointError) -> [Float] {
    guard let array = try aligned(metadata, Key.scores, tokenCount: tokenCount) else { return [] }
    guard let scores = array.floats() ?? array.integers()?.map({ Float($0) }) else {
      throw metadata.refusal(Key.scores, "is not an array of numbers")
    }
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

  /// An array that goes with the tokens. Its length is checked before it is read.
  private static func aligned(
    _ metadata: Metadata, _ key: String, tokenCount: Int
  ) throws(CheckpointError) -> MetadataArray? {
    guard let array = try metadata.array(key) else { return nil }
    guard array.count == tokenCount else {
      throw metadata.refusal(key, "has \(array.count) entries for \(tokenCount) tokens")
    }
    return array
  }

  /// One id, or an array of them; those outside the vocabulary are left out.
  private static func ids(
    _ metadata: Metadata, _ key: String, tokenCount: Int, _ warnings: inout [String]
  ) throws(CheckpointError) -> [TokenID] {
    let numbers: [Int]
    switch metadata[key] {
    case nil: return []
    // Some converters write the largest number, or -1, for "none".
    case .unsigned(UInt64(UInt32.max)), .signed(-1): return []
    case .unsigned(let number): numbers = [Int(clamping: number)]
    case .signed(let number): numbers = [Int(number)]
    case .array(let array) where array.count <= tokenCount:
      guard let read = array.integers() else { throw metadata.refusal(key, "is not an array of integers") }
      numbers = read
    case .float, .bool, .string, .repairedString, .array, .nestedArray:
      throw metadata.refusal(key, "is not an integer")
    }
    for number in numbers where !(0..<tokenCount).contains(number) {
      warnings.append("\(key) is \(number), outside the vocabulary of \(tokenCount) tokens, and is left out")
    }
    return numbers.filter { (0..<tokenCount).contains($0) }.map { TokenID($0) }
  }
}

extension Metadata {
  static let tokensKey = "tokenizer.ggml.tokens"
}
