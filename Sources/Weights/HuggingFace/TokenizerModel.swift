import Core
import JSON

/// The `model` of a `tokenizer.json`: its vocabulary, and how pieces of text become entries of it.
struct TokenizerModel {
  /// Spellings with their ids, in the file's order.
  var vocabulary: [(spelling: String, id: Int)] = []
  /// Of a Unigram model, by id.
  var scores: [Float] = []
  /// Two pieces separated by a blank, in order of rank.
  var merges: [[UInt8]] = []
  var isUnigram = false
  var unknownToken: String?
  var hasByteFallback = false
  var takesEntriesWhole = false
  var fusesUnknown = false

  init(_ model: FolderValue) throws(CheckpointError) {
    let isList = model.value["vocab"]?.array != nil
    let kind = try model["type"]?.string() ?? (isList ? "Unigram" : "BPE")
    hasByteFallback = try model["byte_fallback"]?.bool() ?? false
    switch kind {
    case "BPE": try readMerges(model)
    case "Unigram": try readScores(model)
    default: throw model.unsupported("is \"\(printable(kind))\"")
    }
  }

  private mutating func readMerges(_ model: FolderValue) throws(CheckpointError) {
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let text = try model[key]?.string(), !text.isEmpty { throw model.unsupported("has \"\(key)\"") }
    }
    if let rate = try model["dropout"]?.number(), rate != 0 { throw model.unsupported("has \"dropout\"") }
    unknownToken = try model["unk_token"]?.string()
    fusesUnknown = try model["fuse_unk"]?.bool() ?? false
    takesEntriesWhole = try model["ignore_merges"]?.bool() ?? false
    let entries = try model.required("vocab")
    guard let members = entries.value.object?.members else { throw entries.invalid("is not an object") }
    for member in members {
      guard let id = member.value.integer, (0..<Limits.maximumVocabularySize).contains(id) else {
        throw entries.invalid("has the entry \"\(printable(member.key))\" without an id that is read")
      }
      vocabulary.append((member.key, id))
    }
    for merge in try model.required("merges").array() { merges.append(try Self.merge(merge)) }
  }

  /// `"a b"`, or `["a", "b"]` in newer files.
  private static func merge(_ merge: FolderValue) throws(CheckpointError) -> [UInt8] {
    if let line = merge.value.string { return Array(line.utf8) }
    let parts = try merge.array()
    guard parts.count == 2 else { throw merge.invalid("is not two pieces") }
    let (left, right) = (try parts[0].string(), try parts[1].string())
    guard !left.utf8.contains(0x20), !right.utf8.contains(0x20) else {
      throw merge.unsupported("has a piece with a blank")
    }
    return Array("\(left) \(right)".utf8)
  }

  private mutating func readScores(_ model: FolderValue) throws(CheckpointError) {
    isUnigram = true
    fusesUnknown = true
    for (id, entry) in try model.required("vocab").array().enumerated() {
      let parts = try entry.array()
      guard parts.count == 2 else { throw entry.invalid("is not a spelling and a score") }
      vocabulary.append((try parts[0].string(), id))
      scores.append(Float(try parts[1].number()))
    }
    guard let unknown = model["unk_id"] else { throw model.invalid("lacks \"unk_id\"") }
    guard !vocabulary.isEmpty else { throw model.invalid("has an empty vocabulary") }
    unknownToken = vocabulary[try unknown.integer(in: 0...vocabulary.count - 1)].spelling
  }
}
