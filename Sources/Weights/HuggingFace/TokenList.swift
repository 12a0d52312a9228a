import Core
import JSON

/// One of a `tokenizer.json`'s `added_tokens`.
struct AddedToken {
  let id: Int
  let content: String
  let isSpecial: Bool
  let margins: TokenMargins

  /// - Parameter hidesBlanks: whether blanks are other characters by the time tokens are found that say `normalized`:
  ///   these then have none beside them to take.
  static func list(_ value: FolderValue?, hidesBlanks: Bool) throws(CheckpointError) -> [AddedToken] {
    var tokens: [AddedToken] = []
    for entry in try value?.array() ?? [] {
      let id = try entry.required("id").integer(in: 0...Limits.maximumVocabularySize - 1)
      tokens.append(try AddedToken(entry, id: id, hidesBlanks: hidesBlanks))
    }
    return tokens
  }

  /// An object with the tokens by id, as `tokenizer_config.json` has it.
  static func byID(_ value: FolderValue?) throws(CheckpointError) -> [AddedToken] {
    guard let value else { return [] }
    guard let members = value.value.object?.members else { throw value.invalid("is not an object") }
    var tokens: [AddedToken] = []
    for member in members {
      guard let entry = value[member.key], let id = Int(member.key), (0..<Limits.maximumVocabularySize).contains(id)
      else { throw value.invalid("has a member \"\(printable(member.key))\" that is no id and its token") }
      tokens.append(try AddedToken(entry, id: id, hidesBlanks: false))
    }
    return tokens.sorted { $0.id < $1.id }
  }

  private init(_ entry: FolderValue, id: Int, hidesBlanks: Bool) throws(CheckpointError) {
    let isSpecial = try entry["special"]?.bool() ?? false
    let isNormalized = try entry["normalized"]?.bool() ?? !isSpecial
    var margins: TokenMargins = []
    if try entry["lstrip"]?.bool() == true { margins.insert(.left) }
    if try entry["rstrip"]?.bool() == true { margins.insert(.right) }
    if try entry["single_word"]?.bool() == true { margins.insert(.wholeWord) }
    if isNormalized, hidesBlanks { margins.subtract([.left, .right]) }
    self.id = id
    content = try entry.required("content").string()
    self.isSpecial = isSpecial
    self.margins = margins
  }
}

/// All tokens of a `tokenizer.json` by id. Ids that none has are unused.
struct TokenList {
  private(set) var spellings: [[UInt8]]
  var kinds: [TokenKind]
  private(set) var unknownToken: TokenID?
  private var ids: [[UInt8]: TokenID] = [:]

  init(_ model: TokenizerModel, added: [AddedToken], unknown: String?) throws(CheckpointError) {
    let last = max(model.vocabulary.map(\.id).max() ?? -1, added.map(\.id).max() ?? -1)
    guard last >= 0, last < 2 * (model.vocabulary.count + added.count) + 4096 else {
      throw .invalid("tokenizer.json", "model.vocab", "has an id of \(last), far beyond its entries")
    }
    spellings = Array(repeating: [], count: last + 1)
    kinds = Array(repeating: .unused, count: last + 1)
    for (spelling, id) in model.vocabulary {
      let isByte = model.hasByteFallback && Self.isByte(spelling)
      set(id, Array(spelling.utf8), isByte ? .byte : .normal)
    }
    for token in added { set(token.id, Array(token.content.utf8), token.isSpecial ? .control : .userDefined) }
    if let unknown { unknownToken = ids[Array(unknown.utf8)] }
  }

  /// The pieces of a SentencePiece model, and what was added to them. What is unknown stays so.
  init(_ model: SentencePieceModel, added: [AddedToken]) throws(CheckpointError) {
    let last = max(model.spellings.count - 1, added.last?.id ?? -1)
    guard last < 2 * (model.spellings.count + added.count) + 4096 else {
      throw .invalid("tokenizer_config.json", "added_tokens_decoder", "has an id of \(last), far beyond its entries")
    }
    spellings = Array(repeating: [], count: last + 1)
    kinds = Array(repeating: .unused, count: last + 1)
    for (id, spelling) in model.spellings.enumerated() { set(id, spelling, model.kinds[id]) }
    for token in added where kinds[token.id] != .unknown {
      set(token.id, Array(token.content.utf8), token.isSpecial ? .control : .userDefined)
    }
    unknownToken = model.unknownToken
  }

  private mutating func set(_ id: Int, _ spelling: [UInt8], _ kind: TokenKind) {
    spellings[id] = spelling
    kinds[id] = kind
    ids[spelling] = TokenID(id)
  }

  /// `<0x00>` to `<0xFF>`.
  private static func isByte(_ spelling: String) -> Bool {
    let bytes = Array(spelling.utf8)
    return bytes.count == 6 && bytes.starts(with: Array("<0x".utf8)) && bytes[5] == UInt8(ascii: ">")
      && UInt8(spelling.dropFirst(3).prefix(2), radix: 16) != nil
  }

  /// The id of a spelling. Throws when no token has it.
  func id(of spelling: String, _ place: FolderValue) throws(CheckpointError) -> TokenID {
    guard let id = ids[Array(spelling.utf8)] else {
      throw place.invalid("names the token \"\(printable(spelling))\", which the vocabulary lacks")
    }
    return id
  }

  /// Scores of a Unigram model; tokens that were added have the lowest.
  func scores(of model: TokenizerModel) -> [Float] {
    let lowest = model.scores.min() ?? 0
    return spellings.indices.map { $0 < model.scores.count ? model.scores[$0] : lowest }
  }
}
