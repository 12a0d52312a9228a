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
  /// The share of a layer's experts that a token is given to; 1 where there are none.
  private let activeShares: [Double]

  init(
    _ file: GGUFFile, _ architecture: Architecture, _ configuration: ModelConfiguration
  ) throws(CheckpointError) {
    var claimed: Set<String> = []
    func resolve(_ rules: [TensorRule], prefix: String) throws(CheckpointError) -> [TensorRole: TensorPart] {
      var found: [TensorRole: TensorPart] = [:]
      for rule in rules {
        let name = prefix + rule.name
        guard let entry = file[name] else {
          // Files may name other tensors for the same use.
          if rule.isOptional || rules.contains(where: { $0.role == rule.role && file[prefix + $0.name] != nil }) {
            continue
          }
          throw .damaged(file.fileNames[0], tensorSubject(name), "is missing")
        }
        try file.check(entry, dimensions: rule.shape)
        let type = try file.elementType(entry)
        // A vector of another type than floats throws the reason.
        if rule.shape.count == 1, type.blockElementCount > 1 { _ = try file.vector(entry) }
        if rule.role.isRouter { try file.checkRouter(entry, type) }
        if let other = found[rule.role] {
          throw .damaged(
            file.fileName(of: entry), tensorSubject(name), "is there beside \(other.entry.name), for the same use")
        }
        claimed.insert(name)
        found[rule.role] = TensorPart(entry: entry, rows: rule.rows)
      }
      return found
    }
    self.model = try resolve(architecture.modelTensors(configuration), prefix: "")
    var layers: [[TensorRole: TensorPart]] = []
    for (index, layer) in configuration.layers.enumerated() {
      layers.append(
        try resolve(architecture.layerTensors(layer, configuration), prefix: Architecture.layerPrefix(index)))
    }
    self.layers = layers
    activeShares = configuration.layers.map(\.feedForward.activeShare)
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
      layers: zip(layers, activeShares).map { layer, share in
        let ofExperts = layer.reduce(0) { $0 + ($1.key.isOfExperts ? $1.value.byteCount : 0) }
        let held = layer.values.reduce(0) { $0 + $1.byteCount }
        let read = held - ofExperts + Int(Double(ofExperts) * share)
        return LayerCost(weightByteCount: held, prefillByteCount: read, decodeByteCount: read)
      },
      embeddingByteCount: embedding,
      headByteCount: head + (model[.outputNorm]?.byteCount ?? 0))
  }
}

extension GGUFFile {
  /// Throws for a router whose input would be rounded before it is multiplied: other experts could be chosen.
  fileprivate func checkRouter(_ entry: TensorEntry, _ type: ElementType) throws(CheckpointError) {
    guard type == .f32 || type == .f16 else {
      throw .unsupported(
        fileName(of: entry), tensorSubject(entry.name),
        "chooses experts and is stored in \(type), where F32 or F16 is read",
        remedy: "convert the model again, leaving its routers in F32")
    }
  }
}
