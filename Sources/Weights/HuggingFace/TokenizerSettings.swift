import Core
import JSON

/// What `tokenizer_config.json` and `generation_config.json` add to a tokenizer.
struct TokenizerSettings {
  /// The file, for messages.
  let name: FolderValue
  private(set) var beginToken: String?
  private(set) var addsBeginToken: Bool?
  private(set) var addsEndToken: Bool?
  private(set) var chatTemplate: String?
  private var endToken: String?
  private var endIDs: [Int] = []

  init(_ settings: [UInt8]?, generation: [UInt8]?) throws(CheckpointError) {
    name = try FolderValue.parse(settings ?? Array("{}".utf8), name: "tokenizer_config.json")
    beginToken = try Self.spelling(name["bos_token"])
    endToken = try Self.spelling(name["eos_token"])
    addsBeginToken = try name["add_bos_token"]?.bool()
    addsEndToken = try name["add_eos_token"]?.bool()
    chatTemplate = try Self.template(name["chat_template"])
    guard let generation else { return }
    let file = try FolderValue.parse(generation, name: "generation_config.json")
    guard let ends = file["eos_token_id"] else { return }
    let range = 0...Limits.maximumVocabularySize - 1
    if ends.value.array == nil {
      endIDs = [try ends.integer(in: range)]
    } else {
      for end in try ends.array() { endIDs.append(try end.integer(in: range)) }
    }
  }

  /// Whether a file names the end of a text.
  var statesEnd: Bool { endToken != nil || !endIDs.isEmpty }

  /// The end of a text first, then those of `generation_config.json` and of turns, ascending.
  func endTokens(in list: TokenList) throws(CheckpointError) -> [TokenID] {
    let first = try endToken.map { (text) throws(CheckpointError) in try list.id(of: text, name) }
    var others: Set<TokenID> = Set(endIDs.filter { $0 < list.spellings.count }.map { TokenID($0) })
    others.formUnion(
      TokenizerDescription.ends(TokenizerDescription.endOfTurnSpellings, of: list.spellings) {
        list.kinds[Int($0)].isSpecial
      })
    guard let end = first ?? endIDs.first.map({ TokenID($0) }), Int(end) < list.spellings.count else {
      return others.sorted()
    }
    return [end] + others.filter { $0 != end }.sorted()
  }

  /// A string, or an object with the string as its `content`.
  private static func spelling(_ value: FolderValue?) throws(CheckpointError) -> String? {
    guard let value else { return nil }
    if value.value.object != nil { return try value.required("content").string() }
    return try value.string()
  }

  /// A string, or a list of named ones, of which the one called "default" counts.
  private static func template(_ value: FolderValue?) throws(CheckpointError) -> String? {
    guard let value else { return nil }
    guard value.value.array != nil else { return try value.string() }
    for entry in try value.array() where try entry.required("name").string() == "default" {
      return try entry.required("template").string()
    }
    return nil
  }
}
