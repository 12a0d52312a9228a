import Core
import Glibc

/// Keys of attention over latents.
extension ModelKey {
  static let latentSize: ModelKey = "attention.kv_lora_rank"
  static let queryLatentSize: ModelKey = "attention.q_lora_rank"
  static let wholeKeyLength: ModelKey = "attention.key_length_mla"
  static let wholeValueLength: ModelKey = "attention.value_length_mla"
}

extension ModelFields {
  /// Every layer's attention over latents. A file's lengths of keys and values are those of a head as it was trained;
  /// newer files have them under keys of their own, and what is stored of a token under the common ones.
  /// - Parameter norm: of latents.
  func latentAttention(layerCount: Int, norm: NormKind) throws(CheckpointError) -> [AttentionShape] {
    let lengths = GGUFLimits.headDimension
    let turning = try required(.rotaryDimension, in: lengths)
    let size = try required(.latentSize, in: 1...lengths.upperBound)
    guard lengths.contains(size + turning) else {
      throw metadata.refusal(
        key(.latentSize), "makes keys of \(size + turning) numbers, more than \(lengths.upperBound)")
    }
    let isNew = try integer(.wholeKeyLength, in: lengths) != nil
    let keyLength = try required(isNew ? .wholeKeyLength : .keyLength, in: lengths)
    let valueLength = try required(isNew ? .wholeValueLength : .valueLength, in: 1...lengths.upperBound)
    guard keyLength > turning else {
      throw metadata.refusal(
        key(isNew ? .wholeKeyLength : .keyLength), "is \(keyLength), of which \(turning) numbers turn and none is left")
    }
    if isNew { try checkStoredLengths(key: size + turning, value: size) }
    // 0 is written for none.
    let queryLatent = try integer(.queryLatentSize, in: 0...GGUFLimits.innerSize) ?? 0
    let latent = LatentShape(
      size: size, querySize: queryLatent > 0 ? queryLatent : nil, plainSize: keyLength - turning,
      valueSize: valueLength, norm: norm)
    let (rope, scale) = try latentRope(turning: turning, keyLength: keyLength)
    return try latentHeadCounts(layerCount: layerCount, widest: max(size + turning, keyLength, valueLength)).map {
      AttentionShape(
        queryHeadCount: $0, keyValueHeadCount: 1, headDimension: size + turning, rope: rope, scoreScale: scale,
        latent: latent)
    }
  }

  /// What a file says that is stored of a token.
  private func checkStoredLengths(key: Int, value: Int) throws(CheckpointError) {
    for (field, length) in [(ModelKey.keyLength, key), (.valueLength, value)] {
      if let stated = try integer(field, in: 1...Int(Int32.max)), stated != length {
        throw metadata.refusal(self.key(field), "is \(stated) where the latent makes it \(length)")
      }
    }
  }

  /// Query heads of each layer. Files count key-value heads as trained, one a query head, or as stored, one.
  private func latentHeadCounts(layerCount: Int, widest: Int) throws(CheckpointError) -> [Int] {
    let range = 1...Limits.maximumHiddenSize
    guard let counts = try integers(.queryHeadCount, layerCount: layerCount, in: range) else {
      throw metadata.missing(key(.queryHeadCount))
    }
    let stored = try integers(.keyValueHeadCount, layerCount: layerCount, in: range) ?? counts
    for (count, stored) in zip(counts, stored) {
      guard stored == 1 || stored == count else {
        throw metadata.refusal(
          key(.keyValueHeadCount), "is \(stored) but must be 1 or \(count): one latent is of all heads")
      }
      guard count <= GGUFLimits.innerSize / widest else {
        throw metadata.refusal(
          key(.queryHeadCount), "makes all heads together wider than \(GGUFLimits.innerSize)")
      }
    }
    return counts
  }

  /// How the turning numbers turn, and what multiplies scores. YaRN changes no magnitude here; scores grow by its
  /// square instead. The file's multiplier is a tenth of what DeepSeek's configurations call `mscale_all_dim`.
  private func latentRope(
    turning: Int, keyLength: Int
  ) throws(CheckpointError) -> (rope: RopeConfiguration, scoreScale: Float) {
    var rope = try rope(headDimension: turning, layout: .interleaved)
    let multiplier = try metadata.number(key(.yarnLogMultiplier)) ?? 0
    guard (0...1).contains(multiplier) else {
      throw metadata.refusal(key(.yarnLogMultiplier), "is \(multiplier) but must be between 0 and 1")
    }
    var scale = 1 / Double(keyLength).squareRoot()
    if case .yarn(let factor, let length, let fast, let slow, _, let rounds) = rope.scaling {
      rope.scaling = .yarn(
        factor: factor, originalLength: length, betaFast: fast, betaSlow: slow, attentionFactor: 1, roundsRamp: rounds)
      let magnitude = 1 + (factor > 1 ? multiplier * log(factor) : 0)
      scale *= magnitude * magnitude
    }
    return (rope, Float(scale))
  }
}
