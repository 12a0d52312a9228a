import Core

/// The metadata of a file that is written of a checkpoint: the checkpoint's own, and of a folder's all that its other
/// files say.
struct WrittenMetadata {
  private(set) var entries: [(String, GGUFHeaderWriter.Value)] = []

  /// Keys that are written in their own way, or not at all since the file is one of its own.
  private static let replaced = ["general.file_type", "general.quantization_version", "general.alignment"]

  /// - Parameters:
  ///   - tokenizer: of a folder, with a pre-tokenizer by GGUF's name.
  ///   - fileType: nil keeps the checkpoint's.
  init(_ checkpoint: Checkpoint, tokenizer: TokenizerDescription?, fileType: UInt32?) throws(CheckpointError) {
    let metadata = checkpoint.metadata
    for key in metadata.keys where !Self.replaced.contains(key) && !key.hasPrefix("split.") {
      guard let value = metadata[key] else { continue }
      entries.append((key, try Self.written(value, key, metadata)))
    }
    let stated = try metadata.integer("general.file_type", in: 0...Int(UInt32.max))
    if let type = fileType.map(Int.init) ?? stated { entries.append(("general.file_type", .count(type))) }
    entries.append(("general.quantization_version", .count(2)))
    guard checkpoint.file.isFolder else { return }
    add(checkpoint.samplingDefaults)
    if let tokenizer { add(tokenizer) }
  }

  private static func written(
    _ value: MetadataValue, _ key: String, _ metadata: Metadata
  ) throws(CheckpointError) -> GGUFHeaderWriter.Value {
    switch value {
    case .unsigned(let number): UInt32(exactly: number) == nil ? .wide(number) : .count(Int(number))
    case .signed(let number): .signed(number)
    case .float(let number): Double(Float(number)) == number || number.isNaN ? .float(Float(number)) : .double(number)
    case .bool(let flag): .flag(flag)
    case .string(let text): .text(text)
    case .array(let array): .array(array)
    case .repairedString: throw metadata.refusal(key, "is a text that is not UTF-8, which cannot be written again")
    case .nestedArray: throw metadata.refusal(key, "is an array of arrays, which cannot be written again")
    }
  }

  private mutating func add(_ defaults: SamplingDefaults) {
    let numbers = [
      ("temp", defaults.temperature), ("top_p", defaults.topP), ("min_p", defaults.minP),
      ("penalty_repeat", defaults.repetitionPenalty),
    ]
    for (key, number) in numbers { if let number { entries.append(("general.sampling.\(key)", .float(number))) } }
    if let count = defaults.topK { entries.append(("general.sampling.top_k", .count(count))) }
  }

  private mutating func add(_ tokenizer: TokenizerDescription) {
    func add(_ key: String, _ value: GGUFHeaderWriter.Value?) {
      if let value { entries.append(("tokenizer.ggml.\(key)", value)) }
    }
    add("model", .text(tokenizer.model))
    if !tokenizer.preTokenizer.isEmpty { add("pre", .text(tokenizer.preTokenizer)) }
    add("tokens", .byteTexts(tokenizer.tokens))
    if !tokenizer.scores.isEmpty { add("scores", .floats(tokenizer.scores)) }
    if !tokenizer.kinds.isEmpty { add("token_type", .counts(tokenizer.kinds.map(\.rawValue))) }
    if !tokenizer.merges.isEmpty { add("merges", .byteTexts(tokenizer.merges)) }
    add("bos_token_id", tokenizer.beginToken.map { .count(Int($0)) })
    add("eos_token_id", tokenizer.endToken.map { .count(Int($0)) })
    add("unknown_token_id", tokenizer.unknownToken.map { .count(Int($0)) })
    if let end = tokenizer.otherEndTokens.first { add("eot_token_id", .count(Int(end))) }
    add("add_bos_token", tokenizer.addsBeginToken.map { .flag($0) })
    add("add_eos_token", tokenizer.addsEndToken.map { .flag($0) })
    if tokenizer.model == "llama" { add("add_space_prefix", tokenizer.addsSpacePrefix.map { .flag($0) }) }
    if let template = tokenizer.chatTemplate { entries.append(("tokenizer.chat_template", .text(template))) }
  }
}
