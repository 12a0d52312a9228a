import Core
import Tensors

/// A tensor, or some rows of one that several matrices are fused into.
struct TensorPart: Sendable {
  let entry: TensorEntry
  /// Nil is the whole tensor; of a vector, rows are its numbers; of a tensor of all experts or heads, the rows of each.
  let rows: Range<Int>?
  /// All that `rows` are of.
  let rowCount: Int

  /// Bytes of the part, as stored. Its tensor is of a type that can be computed with.
  var byteCount: Int {
    guard let total = entry.byteCount else { return 0 }
    guard let rows else { return total }
    return total / rowCount * rows.count
  }

  /// Bytes of the part with rows and columns exchanged.
  fileprivate var transposedByteCount: Int {
    entry.type.element.map { WeightMatrix.transposedByteCount(of: $0, byteCount: byteCount) } ?? byteCount
  }

  /// Of a tensor that has as many rows for each layer: those of one.
  func rows(ofLayer index: Int, of layerCount: Int) -> TensorPart {
    let count = rowCount / layerCount
    return TensorPart(entry: entry, rows: index * count..<(index + 1) * count, rowCount: rowCount)
  }

  /// Of a tensor of all experts or heads: the rows of one, counted from the tensor's first.
  func rows(ofExpert index: Int) -> Range<Int> {
    let (first, rows) = (index * rowCount, rows ?? 0..<rowCount)
    return first + rows.lowerBound..<first + rows.upperBound
  }

  /// Weights that a token is multiplied with, which is given to this share of them; none of a vector, whose numbers are
  /// as nothing beside a matrix.
  func products(share: Double) -> ProductCount {
    guard entry.dimensions.count > 1, let type = entry.type.element, type.blockByteCount > 0 else {
      return ProductCount(integers: 0, floats: 0)
    }
    let count = Int(Double(byteCount / type.blockByteCount * type.blockElementCount) * share)
    return type.blockElementCount > 1
      ? ProductCount(integers: count, floats: 0) : ProductCount(integers: 0, floats: count)
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
    _ file: CheckpointFiles, _ architecture: Architecture, _ configuration: ModelConfiguration
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
        if rule.isUnread {
          claimed.insert(name)
          continue
        }
        let type = try file.elementType(entry)
        // A vector of another type than floats throws the reason, and so do the norms of all heads.
        if rule.shape.count == 1 || rule.role.isNormOfHeads, type.blockElementCount > 1 { _ = try file.vector(entry) }
        if rule.role.isRouter { try file.checkRouter(entry, type) }
        if let other = found[rule.role] {
          throw .damaged(
            file.fileName(of: entry), tensorSubject(name), "is there beside \(other.entry.name), for the same use")
        }
        claimed.insert(name)
        found[rule.role] = TensorPart(entry: entry, rows: rule.rows, rowCount: rule.rowCount)
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
    let passedOver = try file.predictionLayers(architecture, behind: configuration.layerCount)
    if let stranger = file.tensors.first(where: {
      !claimed.contains($0.name) && !passedOver.contains(Architecture.layer(of: $0.name) ?? -1)
    }) {
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
    let head = model[.head] ?? model[.embedding]
    let perLayerInputs = [TensorRole.perLayerEmbedding, .perLayerProjectionNorm].compactMap { model[$0]?.byteCount }
    return WeightFootprint(
      layers: zip(layers, activeShares).map(cost),
      embeddingByteCount: embedding,
      perStageByteCount: perLayerInputs.isEmpty ? 0 : perLayerInputs.reduce(embedding, +),
      headByteCount: (head?.byteCount ?? 0) + (model[.outputNorm]?.byteCount ?? 0),
      headProducts: head?.products(share: 1) ?? ProductCount(integers: 0, floats: 0))
  }

  private func cost(of layer: [TensorRole: TensorPart], activeShare share: Double) -> LayerCost {
    // Older files' rows of latents' keys are held with rows and columns exchanged.
    let exchanged = layer[.latentKeys].flatMap { $0.rows == nil ? nil : $0.transposedByteCount - $0.byteCount } ?? 0
    // Of what makes all layers' inputs a layer's stage has the rows for it.
    let projection = model[.perLayerProjection].map { $0.rows(ofLayer: 0, of: layers.count) }
    let held = layer.values.reduce(exchanged + (projection?.byteCount ?? 0)) { $0 + $1.byteCount }
    let ofExperts = layer.reduce(0) { $0 + ($1.key.isOfExperts ? $1.value.byteCount : 0) }
    let ofProjection = projection?.products(share: 1) ?? ProductCount(integers: 0, floats: 0)
    let products = layer.reduce(into: ofProjection) { sum, tensor in
      guard !tensor.key.isBias else { return }
      let own = tensor.value.products(share: tensor.key.isOfExperts ? share : 1)
      // What is held in F32 is multiplied as floats.
      let isExchanged = tensor.key == .latentKeys && tensor.value.rows != nil
      sum.integers += isExchanged ? 0 : own.integers
      sum.floats += own.floats + (isExchanged ? own.integers : 0)
    }
    return LayerCost(
      weightByteCount: held, expertByteCount: ofExperts,
      decodeByteCount: held - ofExperts + Int(Double(ofExperts) * share), products: products)
  }
}

extension CheckpointFiles {
  /// Layers behind the model's own that metadata count and the family passes over.
  fileprivate func predictionLayers(
    _ architecture: Architecture, behind layerCount: Int
  ) throws(CheckpointError) -> Range<Int> {
    guard architecture.passesOverPredictionLayers else { return layerCount..<layerCount }
    let count = try ModelFields(self, family: architecture.name).predictionLayerCount()
    return layerCount..<layerCount + count
  }

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
