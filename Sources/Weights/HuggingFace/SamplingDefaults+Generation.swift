package import Core

extension SamplingDefaults {
  /// What a folder's `generation_config.json` recommends. Throws `CheckpointError` for damage; what is out of range
  /// is left out with a warning.
  package init(generationFile bytes: [UInt8]) throws(CheckpointError) {
    self.init()
    let file = try FolderValue.parse(bytes, name: "generation_config.json")
    func number(_ key: String) throws(CheckpointError) -> Float? {
      guard let value = file[key] else { return nil }
      return Float(try value.number())
    }
    temperature = try number("temperature")
    topK = try file["top_k"]?.integer(in: 0...Limits.maximumVocabularySize)
    topP = try number("top_p")
    minP = try number("min_p")
    repetitionPenalty = try number("repetition_penalty")
    removeInvalid()
  }
}
