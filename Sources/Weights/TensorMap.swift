import Core
import Tensors

/// A tensor, or some rows of one that several matrices are fused into.
struct TensorPart: Sendable {
  let entry: TensorEntry
  /// Nil is the whole tensor; of a vector, rows are its numbers.
  let rows: Range<Int>?

  /// Bytes of the part, as stored. Its tensor is of a type that can be computed with.
  var byteCount: Int {
    guard let total = entry.byteCount else { return 0 }
    guard let rows, let count = entry.dimensions.last else { return total }
    return total / count * rows.count
  }
}

/// Every tensor of a model by what it is for. Complete, of the right shapes and of types that can be computed
/// with; the checkpoint has no tensor besides.
struct TensorMap: Sendable {
  let model: [TensorRole: TensorPart]
  /// One a layer.
  let layers: [[TensorRole: TensorPart]]

  init(
    _ file: GGUFFile, _ architecture: Architecture, _ configuration: ModelConfiguration
  ) throws(CheckpointError) {
    var claimed: Set<String> = []
    func resolve(_ rules: [TensorRule], prefix: String) throws(CheckpointError) -> [TensorRole: TensorPart] {
      var parts: [TensorRole: TensorPart] = [:]
      for rule in rules {
        let name = prefix + rule.name
        guard let found = file[name] else {
          if rule.isOptional { continue }
          throw .damaged(file.fileNames[0], tensorSubject(name), "is missing")
        }
        let entry = try file.shaped(found, rule.shape)
        let type = try file.elementType(entry)
        // A vector of another type than floats throws the reason.
        if rule.shape.count == 1, type.blockElementCount > 1 { _ = try file.vector(entry) }
        claimed.insert(name)
        parts[rule.role] = TensorPart(entry: entry, rows: rule.rows)
      }
      return parts
    }
    self.model = try resolve(architecture.modelTensors(configuration), prefix: "")
    var layers: [[TensorRole: TensorPart]] = []
    for (index, layer) in configuration.layers.enumerated() {
      layers.append(
        try resolve(architecture.layerTensors(layer, configuration), prefix: Architecture.layerPrefix(index)))
    }
    self.layers = layers
    // Leaving a tensor aside would compute another model than the file's, without a word.
    if let stranger = file.tensors.first(where: { !claimed.contains($0.name) }) {
      throw .unsupported(
        file.fileName(of: stranger), tensorSubject(stranger.name),
        stranger.name.hasSuffix(".bias")
          ? "is a bias, which this version does not compute for \(architecture.name) models"
          : "has no place in a \(architecture.name) model of \(configuration.layerCount) layers",
        remedy: "use a plain \(architecture.name) model")
    }
  }

  /// Bytes of the model's parts, as stored. The output norm counts with the head; a tied head counts again
  /// what the embedding counts, since the last stage needs it too.
  var footprint: WeightFootprint {
    let embedding = model[.embedding]?.byteCount ?? 0
    let head = model[.head]?.byteCount ?? embedding
    return WeightFootprint(
      layerByteCounts: layers.map { layer in layer.values.reduce(0) { $0 + $1.byteCount } },
      embeddingByteCount: embedding,
      headByteCount: head + (model[.outputNorm]?.byteCount ?? 0))
  }
}
