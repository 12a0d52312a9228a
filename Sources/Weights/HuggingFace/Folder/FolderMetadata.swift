import Core
import JSON

/// What `config.json` says, under GGUF's keys. A field that would change the arithmetic in a way this release does not
/// compute is refused.
struct FolderMetadata {
  let config: FolderValue
  private let architecture: String
  private let standIns: [String: Int]
  private(set) var metadata: Metadata
  /// Vectors that GGUF has as tensors.
  var factors: [(name: String, numbers: [Float])] = []

  init(_ config: FolderValue, _ family: FolderFamily, name: String?) throws(CheckpointError) {
    self.config = config
    architecture = family.architecture
    standIns = try family.standIns(config)
    metadata = Metadata(fileName: config.file)
    _ = metadata.insert("general.architecture", .string(architecture))
    if let name { _ = metadata.insert("general.name", .string(name)) }
    try copyCount("max_position_embeddings", to: .contextLength)
    try copyCount("hidden_size", to: .hiddenSize)
    try copyCount("num_hidden_layers", to: .layerCount)
    try copyCount("intermediate_size", to: .feedForwardSize)
    try copyCount("vocab_size", to: .vocabularySize)
    try copyCount("num_attention_heads", to: .queryHeadCount)
    let keyValueHeads = "num_key_value_heads"
    let hasOwn = config[keyValueHeads] != nil || standIns[keyValueHeads] != nil
    try copyCount(hasOwn ? keyValueHeads : "num_attention_heads", to: .keyValueHeadCount)
    let epsilon = try config.required(family.epsilon.name)
    set(family.epsilon.key, .float(Double(Float(try epsilon.number()))))
    let lengths = try headLengths(family)
    set(.keyLength, .unsigned(UInt64(lengths.key)))
    set(.valueLength, .unsigned(UInt64(lengths.value)))
    try checkActivation(family)
    if !family.hasOwnRope { try addRope(headDimension: lengths.turning, family) }
    try family.fields(&self)
  }

  mutating func set(_ key: ModelKey, _ value: MetadataValue) {
    _ = metadata.insert("\(architecture).\(key.suffix)", value)
  }

  /// What the number may be is for the metadata's readers to say.
  mutating func copyCount(_ name: String, to key: ModelKey) throws(CheckpointError) {
    if config[name] == nil, let count = standIns[name] { return set(key, .unsigned(UInt64(count))) }
    set(key, .unsigned(UInt64(try config.required(name).integer(in: 0...Int(Int32.max)))))
  }

  /// As single precision has it, like files do; nothing where the configuration has none.
  mutating func copyNumber(_ name: String, to key: ModelKey) throws(CheckpointError) {
    guard let number = try config[name]?.number() else { return }
    set(key, .float(Double(Float(number))))
  }

  func requireFalse(_ name: String) throws(CheckpointError) {
    guard let value = config[name], try value.bool() else { return }
    throw value.unsupported("is true")
  }

  /// A number for each layer, which must be as the family's are, where the configuration has them.
  func requireFlags(_ name: String, _ flag: (Int) -> Int) throws(CheckpointError) {
    guard let list = config[name] else { return }
    for (layer, value) in try list.array().enumerated() where value.value.integer != flag(layer) {
      throw value.unsupported("is another number than for other models of the family")
    }
  }

  /// Numbers of a head's key and value, and how many of a key's may turn.
  private func headLengths(
    _ family: FolderFamily
  ) throws(CheckpointError) -> (key: Int, value: Int, turning: Int) {
    guard family.hasLatents else {
      let dimension = try headDimension(family)
      return (dimension, dimension, dimension)
    }
    func length(_ name: String) throws(CheckpointError) -> Int {
      try config.required(name).integer(in: 1...GGUFLimits.headDimension.upperBound)
    }
    let turning = try length("qk_rope_head_dim")
    return (try length("qk_nope_head_dim") + turning, try length("v_head_dim"), turning)
  }

  private func headDimension(_ family: FolderFamily) throws(CheckpointError) -> Int {
    if let stated = config["head_dim"] { return try stated.integer(in: GGUFLimits.headDimension) }
    if let dimension = family.headDimension { return dimension }
    let width = try config.required("hidden_size").integer(in: 1...Limits.maximumHiddenSize)
    let heads = try config.required("num_attention_heads").integer(in: 1...width)
    guard width % heads == 0, GGUFLimits.headDimension.contains(width / heads) else {
      throw config.invalid("divides a width of \(width) into \(heads) heads")
    }
    return width / heads
  }

  private func checkActivation(_ family: FolderFamily) throws(CheckpointError) {
    guard let value = config["hidden_activation"] ?? config["hidden_act"] else { return }
    let name = try value.string()
    guard family.activations.contains(name) else { throw value.unsupported("is \"\(printable(name))\"") }
  }
}
