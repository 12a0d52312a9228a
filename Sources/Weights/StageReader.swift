import Inference

/// Makes views of tensors and keeps account of which were asked for.
struct StageReader {
  private let file: GGUFFile
  /// By name: a tied head and the embedding are one.
  private(set) var entries: [String: TensorEntry] = [:]

  init(file: GGUFFile) { self.file = file }

  mutating func layer(_ tensors: [TensorRole: TensorEntry]) throws(CheckpointError) -> LayerWeights<WeightMatrix> {
    LayerWeights(
      attentionNorm: try vector(tensors, .attentionNorm),
      query: try matrix(tensors, .query),
      key: try matrix(tensors, .key),
      value: try matrix(tensors, .value),
      output: try matrix(tensors, .attentionOutput),
      feedForwardNorm: try vector(tensors, .feedForwardNorm),
      gate: try matrix(tensors, .gate),
      up: try matrix(tensors, .up),
      down: try matrix(tensors, .down))
  }

  mutating func vector(
    _ tensors: [TensorRole: TensorEntry], _ role: TensorRole
  ) throws(CheckpointError) -> [Float] {
    try file.vector(take(tensors, role))
  }

  mutating func matrix(
    _ tensors: [TensorRole: TensorEntry], _ role: TensorRole
  ) throws(CheckpointError) -> WeightMatrix {
    let entry = try take(tensors, role)
    let type = try file.elementType(entry)
    guard entry.dimensions.count == 2, let byteCount = entry.byteCount,
      let rowByteCount = type.rowByteCount(elementCount: entry.dimensions[0]),
      byteCount == entry.dimensions[1] * rowByteCount
    else { throw .damaged(file.fileName(of: entry), tensorSubject(entry.name), "is not a matrix") }
    guard let (mapped, offset) = file.place(of: entry) else {
      throw .damaged(file.fileName(of: entry), tensorSubject(entry.name), "is not stored on this machine")
    }
    return WeightMatrix(
      type: type, rowCount: entry.dimensions[1], columnCount: entry.dimensions[0], rowByteCount: rowByteCount,
      file: mapped, offset: offset)
  }

  /// A map without a role that its architecture's table must have is a mistake in the table; it is reported
  /// all the same.
  private mutating func take(
    _ tensors: [TensorRole: TensorEntry], _ role: TensorRole
  ) throws(CheckpointError) -> TensorEntry {
    guard let entry = tensors[role] else {
      throw .damaged(file.fileNames[0], nil, "has no tensor for \(role)")
    }
    entries[entry.name] = entry
    return entry
  }
}
