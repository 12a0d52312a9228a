import Core

/// Local attention in `config.json`.
extension FolderMetadata {
  /// Tokens that a local layer sees; null is none.
  mutating func copyWindow() throws(CheckpointError) {
    if config["sliding_window"] != nil { try copyCount("sliding_window", to: .window) }
  }

  /// Families whose configuration has a window that hardly any model uses.
  func refuseWindow() throws(CheckpointError) {
    if let flag = config["use_sliding_window"], try flag.bool() { throw flag.unsupported("is true") }
  }

  /// Which layers are local: in each period all but the last.
  mutating func copyPattern(period: Int) throws(CheckpointError) {
    if let list = config["layer_types"] {
      for (layer, kind) in try list.array().enumerated() {
        let expected = layer % period < period - 1 ? "sliding_attention" : "full_attention"
        guard try kind.string() == expected else { throw kind.unsupported("is not \"\(expected)\"") }
      }
    }
    if let stated = config["sliding_window_pattern"] ?? config["_sliding_window_pattern"],
      try stated.integer(in: 1...Limits.maximumLayerCount) != period
    {
      throw stated.unsupported("is not \(period)")
    }
    set(.windowPattern, .unsigned(UInt64(period)))
  }

  /// Scores of Gemma 2 and 3 are divided by the root of a number that GGUF has no key for: readers know it by the
  /// number of layers.
  func requireScoreScale(largestLayerCount: Int) throws(CheckpointError) {
    guard let stated = config["query_pre_attn_scalar"] else { return }
    let layers = try config.required("num_hidden_layers").integer(in: 1...Limits.maximumLayerCount)
    let heads = try config.required("num_attention_heads").integer(in: 1...GGUFLimits.innerSize)
    let width = try config.required("hidden_size").integer(in: 1...Limits.maximumHiddenSize)
    let head = try config["head_dim"]?.integer(in: GGUFLimits.headDimension) ?? 256
    let expected = layers == largestLayerCount ? width / heads : head
    guard try stated.number() == Double(expected) else { throw stated.unsupported("is not \(expected)") }
  }
}
