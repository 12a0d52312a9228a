package import Core
import JSON

/// The files of a Hugging Face folder that say how text becomes tokens. Each is at most `TokenizerFiles.byteCount`
/// long.
package struct TokenizerFiles: Sendable {
  package static let byteCount = 256 << 20

  /// `tokenizer.json`, or `tokenizer.model`.
  package var tokenizer: [UInt8]
  /// Whether it is a SentencePiece model.
  package var isSentencePiece: Bool
  /// `tokenizer_config.json` and `generation_config.json`, where the folder has them.
  package var settings: [UInt8]?
  package var generation: [UInt8]?
  /// `chat_template.jinja`, which counts for more than a template among the settings.
  package var template: [UInt8]?

  package init(
    tokenizer: [UInt8], isSentencePiece: Bool = false, settings: [UInt8]? = nil, generation: [UInt8]? = nil,
    template: [UInt8]? = nil
  ) {
    self.tokenizer = tokenizer
    self.isSentencePiece = isSentencePiece
    self.settings = settings
    self.generation = generation
    self.template = template
  }
}

extension TokenizerFiles {
  var chatTemplate: String? {
    get throws(CheckpointError) {
      guard let template else { return nil }
      guard let text = String(validating: template, as: UTF8.self) else {
        throw .damaged("chat_template.jinja", nil, "is not UTF-8")
      }
      return text
    }
  }
}

extension TokenizerDescription {
  /// What a Hugging Face folder says of its tokenizer. BPE with or without byte fallback, and Unigram.
  ///
  /// Throws `CheckpointError` for damage, and for what is not supported by its name.
  package init(_ files: TokenizerFiles) throws(CheckpointError) {
    if files.isSentencePiece {
      try self.init(sentencePiece: files)
      return
    }
    let file = try FolderValue.parse(files.tokenizer, name: "tokenizer.json")
    let settings = try TokenizerSettings(files.settings, generation: files.generation)
    let model = try TokenizerModel(file.required("model"))
    let preparation = try PreparationReader.read(file)
    let added = try AddedToken.list(file["added_tokens"], hidesBlanks: preparation.hidesBlanks)
    var list = try TokenList(model, added: added, unknown: model.unknownToken)
    let ends = try settings.endTokens(in: list)
    let template = try BeginAndEnd(file["post_processor"], in: list)
    let begin = try settings.beginToken.map { (text) throws(CheckpointError) in try list.id(of: text, settings.name) }
    if let unknown = list.unknownToken { list.kinds[Int(unknown)] = .unknown }
    self.init(
      model: model.isUnigram ? "t5" : preparation.spellsBytes ? "gpt2" : "gemma4", preTokenizer: "",
      tokens: list.spellings, scores: model.isUnigram ? list.scores(of: model) : [], kinds: list.kinds,
      merges: model.merges, beginToken: begin ?? template.begin, endToken: ends.first,
      otherEndTokens: Array(ends.dropFirst()), unknownToken: list.unknownToken,
      addsBeginToken: settings.addsBeginToken ?? (template.begin != nil),
      addsEndToken: settings.addsEndToken ?? (template.end != nil), addsSpacePrefix: preparation.addsSpacePrefix,
      chatTemplate: try files.chatTemplate ?? settings.chatTemplate)
    self.preparation = TextPreparation(
      rewrites: preparation.rewrites, splits: preparation.splits, takesEntriesWhole: model.takesEntriesWhole)
    margins = Dictionary(added.map { (TokenID($0.id), $0.margins) }) { $1 }.filter { !$0.value.isEmpty }
    fusesUnknown = model.fusesUnknown
  }
}

/// The begin and end tokens that a post-processor puts around a text.
private struct BeginAndEnd {
  var begin: TokenID?
  var end: TokenID?

  init(_ processor: FolderValue?, in list: TokenList) throws(CheckpointError) {
    guard let processor, !processor.isNull else { return }
    switch try processor.type() {
    case "ByteLevel": return
    case "Sequence":
      for part in try processor.required("processors").array() {
        let found = try BeginAndEnd(part, in: list)
        (begin, end) = (found.begin ?? begin, found.end ?? end)
      }
    case "TemplateProcessing":
      var isAfter = false
      for part in try processor.required("single").array() {
        if part["Sequence"] != nil { isAfter = true }
        guard let special = part["SpecialToken"] else { continue }
        let token = try list.id(of: special.required("id").string(), special)
        if isAfter { end = end ?? token } else { begin = begin ?? token }
      }
    case "BertProcessing", "RobertaProcessing":
      begin = try list.id(of: processor.required("cls").array().first?.string() ?? "", processor)
      end = try list.id(of: processor.required("sep").array().first?.string() ?? "", processor)
    case let other: throw processor.unsupported("is \"\(printable(other))\"")
    }
  }
}
