import Core

extension TokenizerDescription {
  /// What a folder says of its tokenizer, read again on each call. A vocabulary that is smaller than the model's is
  /// filled up with tokens that no text has.
  init(folder checkpoint: Checkpoint) throws(CheckpointError) {
    let files = checkpoint.file
    let json = files.header(named: ModelFolder.tokenizer)
    guard let tokenizer = json ?? files.header(named: SentencePieceModel.fileName) else {
      throw .unsupported(
        checkpoint.fileNames[0], nil,
        "has neither \(ModelFolder.tokenizer) nor \(SentencePieceModel.fileName) beside it",
        remedy: "download the folder again, or save the tokenizer again with save_pretrained")
    }
    try self.init(
      TokenizerFiles(
        tokenizer: tokenizer, isSentencePiece: json == nil,
        settings: files.header(named: ModelFolder.tokenizerSettings),
        generation: files.header(named: ModelFolder.generation),
        template: files.header(named: ModelFolder.chatTemplate)))
    if let size = try? checkpoint.configuration.vocabularySize {
      guard tokens.count <= size else {
        throw .invalid(
          json == nil ? SentencePieceModel.fileName : ModelFolder.tokenizer, nil,
          "has \(tokens.count) tokens, more than the model's vocabulary of \(size)")
      }
      pad(to: size)
    }
    try files.requireUnchanged()
  }

  private mutating func pad(to size: Int) {
    let missing = tokens.count..<size
    tokens += missing.map { Array("[PAD\($0)]".utf8) }
    if !kinds.isEmpty { kinds += missing.map { _ in .unused } }
    if let lowest = scores.min() { scores += missing.map { _ in lowest } }
  }
}

extension Checkpoint {
  /// What `generation_config.json` recommends.
  var folderDefaults: SamplingDefaults {
    guard let bytes = file.header(named: ModelFolder.generation) else { return SamplingDefaults() }
    do throws(CheckpointError) {
      return try SamplingDefaults(generationFile: bytes)
    } catch {
      var defaults = SamplingDefaults()
      defaults.warnings = ["\(error)"]
      return defaults
    }
  }
}
