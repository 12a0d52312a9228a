import Core
import Glibc

/// Keys of attention over latents.
extension ModelKey {
  static let latentSize: ModelKey = "attention.kv_lora_rank"
  static let queryLatentSize: ModelKey = "attention.q_lora_rank"
  static let wholeKeyLength: ModelKey = "attention.key_length_mla"
  static let wholeValueLength: ModelKey = "attention.value_length_mla"
}

/// A file's attention over latents.
struct LatentFields: Sendable {
  private let fields: ModelFields

  init(_ fields: ModelFields) { self.fields = fields }

  /// Every layer's attention. A file's lengths of keys and values are those of a head as it was trained;
  /// newer files have them under keys of their own, and what is stored of a token under the common ones.
  /// - Parameter norm: of latents.
  func attention(layerCount: Int, norm: NormKind) throws(CheckpointError) -> [AttentionShape] {
    let lengths = GGUFLimits.headDimension
    let turning = try fields.required(.rotaryDimension, in: lengths)
    let size = try fields.required(.latentSize, in: 1...lengths.upperBound)
    guard lengths.contains(size + turning) else {
      throw fields.metadata.refusal(
        fields.key(.latentSize), "makes keys of \(size + turning) numbers, more than \(lengths.upperBound)")
    }
    let isNew = try fields.integer(.wholeKeyLength, in: lengths) != nil
    let keyLength = try fields.required(isNew ? .wholeKeyLength : .keyLength, in: lengths)
    let valueLength = try fields.required(isNew ? .wholeValueLength : .valueLength, in: 1...lengths.upperBound)
    guard keyLength > turning else {
      throw fields.metadata.refusal(
        fields.key(isNew ? .wholeKeyLength : .keyLength),
        "is \(keyLength), of which \(turning) numbers turn and none is left")
    }
    if isNew { try checkStoredLengths(key: size + turning, value: size) }
    // 0 is written for none.
    let queryLatent = try fields.integer(.queryLatentSize, in: 0...GGUFLimits.innerSize) ?? 0
    let latent = LatentShape(
      size: size, querySize: queryLatent > 0 ? queryLatent : nil, plainSize: keyLength - turning,
      valueSize: valueLength, norm: norm)
    let (rope, scale) = try self.turning(of: turning, keyLength: keyLength)
    return try headCounts(layerCount: layerCount, widest: max(size + turning, keyLength, valueLength)).map {
      AttentionShape(
        queryHeadCount: $0, keyValueHeadCount: 1, headDimension: size + turning, rope: rope, scoreScale: scale,
        latent: latent)
    }
  }

  /// What a file says that is stored of a token.
  private func checkStoredLengths(key: Int, value: Int) throws(CheckpointError) {
    for (field, length) in [(ModelKey.keyLength, key), (.valueLength, value)] {
      if let stated = try fields.integer(field, in: 1...Int(Int32.max)), stated != length {
        throw fields.metadata.refusal(fields.key(field), "is \(stated) where the latent makes it \(length)")
      }
    }
  }

  /// Query heads of each layer. Files count key-value heads as trained, one a query head, or as stored, one.
  private func headCounts(layerCount: Int, widest: Int) throws(CheckpointError) -> [Int] {
    let range = 1...Limits.maximumHiddenSize
    guard let counts = try fields.integers(.queryHeadCount, layerCount: layerCount, in: range) else {
      throw fields.metadata.missing(fields.key(.queryHeadCount))
    }
    let stored = try fields.integers(.keyValueHeadCount, layerCount: layerCount, in: range) ?? counts
    for (count, stored) in zip(counts, stored) {
      guard stored == 1 || stored == count else {
        throw fields.metadata.refusal(
          fields.key(.keyValueHeadCount), "is \(stored) but must be 1 or \(count): one latent is of all heads")
      }
      guard count <= GGUFLimits.innerSize / widest else {
        throw fields.metadata.refusal(
          fields.key(.queryHeadCount), "makes all heads together wider than \(GGUFLimits.innerSize)")
      }
    }
    return counts
  }

  /// How the turning numbers turn, and what multiplies scores. YaRN changes no magnitude here; scores grow by its
  /// square instead. The file's multiplier is a tenth of what DeepSeek's configurations call `mscale_all_dim`.
  private func turning(
    of count: Int, keyLength: Int
  ) throws(CheckpointError) -> (rope: RopeConfiguration, scoreScale: Float) {
    var rope = try fields.rope(headDimension: count, layout: .interleaved)
    let multiplier = try fields.metadata.number(fields.key(.yarnLogMultiplier)) ?? 0
    guard (0...1).contains(multiplier) else {
      throw fields.metadata.refusal(fields.key(.yarnLogMultiplier), "is \(multiplier) but must be between 0 and 1")
    }
    var scale = 1 / Double(keyLength).squareRoot()
    if multiplier > 0 {
      guard case .yarn = rope.scaling else {
        throw fields.metadata.refusal(fields.key(.yarnLogMultiplier), "is \(multiplier), which only YaRN uses")
      }
    }
    if case .yarn(let factor, let length, let fast, let slow, _, let rounds) = rope.scaling {
      rope.scaling = .yarn(
        factor: factor, originalLength: length, betaFast: fast, betaSlow: slow, attentionFactor: 1, roundsRamp: rounds)
      let magnitude = 1 + (factor > 1 ? multiplier * log(factor) : 0)
      scale *= magnitude * magnitude
    }
    return (rope, Float(scale))
  }
}
