import Inference

/// How many tokens a model was trained to read at once, and which of its metadata says so.
package struct TrainedLength: Hashable, Sendable {
  /// Tokens, rope scaling of the checkpoint included.
  package let tokenCount: Int
  /// The metadata and the reasoning, for people.
  package let origin: String

  /// `context_length`, or what YaRN stretches the original length to where that is more: some converters write the
  /// length before stretching. Linear scaling does not say which of the two `context_length` is, so it is believed.
  init(_ metadata: Metadata, _ architecture: ArchitectureDescription) throws(CheckpointError) {
    let lengthKey = architecture.key("context_length")
    guard let stated = try metadata.integer(lengthKey, in: 1...Limits.maximumContext) else {
      throw metadata.missing(lengthKey)
    }
    let typeKey = architecture.key("rope.scaling.type")
    let factor = try metadata.positiveNumber(architecture.key("rope.scaling.factor"))
    switch (try metadata.string(typeKey), factor) {
    case ("yarn", let factor?):
      let originalKey = architecture.key("rope.scaling.original_context_length")
      let original = try metadata.integer(originalKey, in: 1...Limits.maximumContext) ?? stated
      let stretched = min(Double(original) * factor, Double(Limits.maximumContext))
      guard metadata[originalKey] != nil, Int(stretched) > stated else {
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
}
