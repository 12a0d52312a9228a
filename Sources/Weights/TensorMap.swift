import Inference

/// Every tensor of a model by what it is for. Complete, of the right shapes and of types that can be computed
/// with; the checkpoint has no tensor besides.
struct TensorMap: Sendable {
  let model: [TensorRole: TensorEntry]
  /// One a layer.
  let layers: [[TensorRole: TensorEntry]]

  init(
    _ file: GGUFFile, _ architecture: ArchitectureDescription, _ configuration: ModelConfiguration
  ) throws(CheckpointError) {
    var claimed: Set<String> = []
    func resolve(_ rules: [TensorRule], prefix: String) throws(CheckpointError) -> [TensorRole: TensorEntry] {
      var found: [TensorRole: TensorEntry] = [:]
      for rule in rules {
        let name = prefix + rule.name
        guard let entry = file[name] else {
          if rule.isOptional { continue }
          throw .damaged(file.fileNames[0], tensorSubject(name), "is missing")
        }
        try file.check(entry, dimensions: rule.shape.map(configuration.size))
        let type = try file.elementType(entry)
        if rule.shape.count == 1, type.blockElementCount > 1 { _ = try file.vector(entry) }
        claimed.insert(name)
        found[rule.role] = entry
      }
      return found
    }
    self.model = try resolve(architecture.modelTensors, prefix: "")
    var layers: [[TensorRole: TensorEntry]] = []
    for layer in 0..<configuration.layerCount {
      layers.append(try resolve(architecture.layerTensors, prefix: architecture.layerPrefix(layer)))
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
      layerByteCounts: layers.map { layer in layer.values.reduce(0) { $0 + ($1.byteCount ?? 0) } },
      embeddingByteCount: embedding,
      headByteCount: head + (model[.outputNorm]?.byteCount ?? 0))
  }
}
