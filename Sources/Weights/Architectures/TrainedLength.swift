import Core

/// How many tokens a model was trained to read at once, and which of its metadata says so.
package struct TrainedLength: Hashable, Sendable {
  /// Tokens, rope scaling of the checkpoint included.
  package let tokenCount: Int
  /// The metadata and the reasoning, for people.
  package let origin: String

  /// `context_length`, or what YaRN stretches the original length to where that is more: some converters write the
  /// length before stretching. Linear scaling does not say which of the two `context_length` is, so it is believed.
  init(_ fields: ModelFields) throws(CheckpointError) {
    let lengthKey = fields.key(.contextLength)
    let stated = try fields.required(.contextLength, in: 1...Limits.maximumContext)
    if let rope = fields.file.rope {
      self = try Self.under(rope, fields, stated: stated)
      return
    }
    let factor = try fields.positiveNumber(.ropeScalingFactor)
    switch (try fields.string(.ropeScalingType), factor) {
    case ("yarn", let factor?):
      let originalKey = fields.key(.ropeOriginalLength)
      let original = try fields.integer(.ropeOriginalLength, in: 1...Limits.maximumContext) ?? stated
      let stretched = min(Double(original) * factor, Double(Limits.maximumContext))
      guard fields.metadata[originalKey] != nil, Int(stretched) > stated else {
        tokenCount = stated
        origin = "\(lengthKey) = \(stated), YaRN by \(factor) included"
        return
      }
      tokenCount = Int(stretched)
      origin = "\(originalKey) = \(original), stretched by YaRN's factor \(factor)"
    case (nil, let factor?) where factor != 1, ("linear", let factor?) where factor != 1:
      tokenCount = stated
      origin =
        "\(lengthKey) = \(stated); positions are divided by \(factor), and the file does not say whether this "
        + "length is that before or after it"
    default:
      tokenCount = stated
      origin = "\(lengthKey) = \(stated)"
    }
  }

  private init(tokenCount: Int, origin: String) {
    (self.tokenCount, self.origin) = (tokenCount, origin)
  }

  /// The length before any scaling, stretched by the one that takes the place of the file's.
  private static func under(
    _ rope: RopeOverride, _ fields: ModelFields, stated: Int
  ) throws(CheckpointError) -> TrainedLength {
    let original = try fields.integer(.ropeOriginalLength, in: 1...Limits.maximumContext)
    let base = original ?? stated
    let key = fields.key(original == nil ? .contextLength : .ropeOriginalLength)
    return TrainedLength(
      tokenCount: Int(min(Double(base) * rope.factor, Double(Limits.maximumContext))),
      origin: "\(key) = \(base), under the RoPE scaling '\(rope)'")
  }
}
