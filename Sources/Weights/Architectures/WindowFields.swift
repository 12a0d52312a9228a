import Core

/// Keys of local attention and of caps.
extension ModelKey {
  static let window: ModelKey = "attention.sliding_window"
  static let windowPattern: ModelKey = "attention.sliding_window_pattern"
  static let localRopeBase: ModelKey = "rope.freq_base_swa"
  static let scoreCap: ModelKey = "attn_logit_softcapping"
  static let logitCap: ModelKey = "final_logit_softcapping"
}

extension ModelFields {
  /// Tokens that a local layer sees; nil where the file has none.
  func window() throws(CheckpointError) -> Int? {
    guard let count = try integer(.window, in: 0...Limits.maximumContext), count > 0 else { return nil }
    return count
  }

  /// Which layers are local: as the file says, for each layer or as a period; else by the family's period. The last
  /// layer of each period is global.
  func localLayers(count: Int, period: Int) throws(CheckpointError) -> [Bool] {
    let key = key(.windowPattern)
    guard case .array(let stated) = metadata[key] else {
      let period = try integer(.windowPattern, in: 1...Limits.maximumLayerCount) ?? period
      return (0..<count).map { $0 % period < period - 1 }
    }
    guard stated.count == count else {
      throw metadata.refusal(key, "has \(stated.count) entries for \(count) layers")
    }
    guard let flags = stated.flags() else { throw metadata.refusal(key, "is not an array of bools") }
    return flags
  }

  /// A bound of scores or logits; nil where there is none.
  func cap(_ key: ModelKey) throws(CheckpointError) -> Float? {
    guard let cap = try metadata.number(self.key(key)), cap != 0 else { return nil }
    guard (1e-3...1e6).contains(cap) else {
      throw metadata.refusal(self.key(key), "is \(cap) but must be between 0.001 and 1,000,000")
    }
    return Float(cap)
  }

  /// A factor of embeddings, parts, scores or logits; nil where the file has none.
  func factor(_ key: ModelKey) throws(CheckpointError) -> Float? {
    guard let factor = try metadata.number(self.key(key)), factor != 0 else { return nil }
    guard (1e-6...1e6).contains(factor) else {
      throw metadata.refusal(self.key(key), "is \(factor) but must be between 0.000001 and 1,000,000")
    }
    return Float(factor)
  }
}

extension [LayerShape] {
  /// Gives every layer the window of a model that has no global layers; nil leaves them global.
  mutating func applyWindow(_ window: Int?) {
    guard let window else { return }
    for index in indices { self[index].attention.span = .windowUnlessGrouped(window) }
  }
}
