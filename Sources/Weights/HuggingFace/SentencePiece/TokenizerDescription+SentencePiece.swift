import Core

extension TokenizerDescription {
  /// What a folder says of its tokenizer by a SentencePiece model. Tokens behind the model's are those that its
  /// settings list.
  init(sentencePiece files: TokenizerFiles) throws(CheckpointError) {
    let model = try SentencePieceModel(files.tokenizer)
    let settings = try TokenizerSettings(files.settings, generation: files.generation)
    let added = try AddedToken.byID(settings.name["added_tokens_decoder"])
    let list = try TokenList(model, added: added)
    let ends = try settings.endTokens(in: list)
    let begin = try settings.beginToken.map { (text) throws(CheckpointError) in try list.id(of: text, settings.name) }
    let end = settings.statesEnd ? ends.first : model.endToken
    let lowest = model.scores.min() ?? 0
    self.init(
      model: model.isUnigram ? "t5" : "llama", preTokenizer: "", tokens: list.spellings,
      scores: model.scores + Array(repeating: lowest, count: list.spellings.count - model.scores.count),
      kinds: list.kinds, merges: [], beginToken: begin ?? model.beginToken, endToken: end,
      otherEndTokens: ends.filter { $0 != end }, unknownToken: model.unknownToken,
      addsBeginToken: settings.addsBeginToken ?? true, addsEndToken: settings.addsEndToken ?? false,
      addsSpacePrefix: try settings.name["add_prefix_space"]?.bool() ?? model.addsPrefix,
      chatTemplate: try files.chatTemplate ?? settings.chatTemplate)
    var rewrites: [TextRewrite] = model.removesBlanks ? [.singleBlanks] : []
    if model.isUnigram {
      rewrites.append(.replace(.literal(" "), with: "▁"))
      if addsSpacePrefix == true { rewrites.append(.prefix("▁", place: .everywhere, once: false)) }
    }
    if !rewrites.isEmpty { preparation = TextPreparation(rewrites: rewrites, splits: [], takesEntriesWhole: false) }
    margins = Dictionary(added.map { (TokenID($0.id), $0.margins) }) { $1 }.filter { !$0.value.isEmpty }
    fusesUnknown = true
  }
}
