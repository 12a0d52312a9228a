import Core
import Tensors

/// Makes views of tensors and keeps account of which were asked for.
struct StageReader {
  private let file: CheckpointFiles
  private let map: TensorMap
  /// By name: a tied head and the embedding are one, and so are matrices that are fused into one tensor.
  private(set) var entries: [String: TensorEntry] = [:]
  /// Bytes of rows that layers have of what makes all layers' inputs.
  private var projectionByteCount = 0

  init(file: CheckpointFiles, map: TensorMap) {
    self.file = file
    self.map = map
  }

  /// Bytes of what was asked for, each counted once.
  var byteCount: Int { entries.values.reduce(projectionByteCount) { $0 + ($1.byteCount ?? 0) } }

  /// - Parameter index: the layer's in the model.
  mutating func layer(_ shape: LayerShape, index: Int) throws(CheckpointError) -> LayerWeights<WeightMatrix> {
    let tensors = map.layers[index]
    return LayerWeights(
      norms: try norms(shape.residual, tensors), attention: try attention(shape.attention, tensors),
      feedForward: try feedForward(shape.feedForward, tensors),
      perLayerInput: shape.perLayerInputSize == 0
        ? nil : try perLayerInput(size: shape.perLayerInputSize, tensors, index: index),
      outputScale: tensors[.layerOutputScale] == nil ? nil : try vector(tensors, .layerOutputScale).first)
  }

  private mutating func norms(
    _ form: ResidualForm, _ tensors: [TensorRole: TensorPart]
  ) throws(CheckpointError) -> LayerNorms {
    switch form {
    case .preNorm:
      .preNorm(attention: try norm(tensors, .attentionNorm), feedForward: try norm(tensors, .feedForwardNorm))
    case .postNorm:
      .postNorm(
        attention: try norm(tensors, .attentionOutputNorm), feedForward: try norm(tensors, .feedForwardOutputNorm))
    case .sandwich:
      .sandwich(
        attention: NormPair(
          before: try norm(tensors, .attentionNorm), after: try norm(tensors, .attentionOutputNorm)),
        feedForward: NormPair(
          before: try norm(tensors, .feedForwardNorm), after: try norm(tensors, .feedForwardOutputNorm)))
    case .parallel: .parallel(try norm(tensors, .attentionNorm))
    case .parallelNorms:
      .parallelNorms(
        attention: try norm(tensors, .attentionNorm), feedForward: try norm(tensors, .feedForwardNorm))
    }
  }

  private mutating func attention(
    _ shape: AttentionShape, _ tensors: [TensorRole: TensorPart]
  ) throws(CheckpointError) -> AttentionWeights<WeightMatrix> {
    AttentionWeights(
      input: try attentionInput(shape, tensors),
      output: try linear(tensors, .attentionOutput, bias: .attentionOutputBias),
      queryNorm: shape.queryKeyNorm == nil ? nil : try norm(tensors, .queryNorm),
      keyNorm: shape.queryKeyNorm == nil || !shape.hasOwnKeys ? nil : try norm(tensors, .keyNorm),
      valueNorm: shape.valueNorm.map { _ in NormWeights(Array(repeating: 1, count: shape.headDimension)) },
      sinks: shape.hasSinks ? try vector(tensors, .attentionSinks) : nil)
  }

  private mutating func attentionInput(
    _ shape: AttentionShape, _ tensors: [TensorRole: TensorPart]
  ) throws(CheckpointError) -> AttentionInput<WeightMatrix> {
    guard shape.hasOwnKeys else { return .queries(try linear(tensors, .query, bias: .queryBias)) }
    guard let latent = shape.latent else {
      return .heads(
        query: try linear(tensors, .query, bias: .queryBias), key: try linear(tensors, .key, bias: .keyBias),
        value: shape.valuesAreKeys ? nil : try linear(tensors, .value, bias: .valueBias))
    }
    // Older files have each head's rows that make a plain key of a latent; its columns meet the query.
    let hasRows = tensors[.latentKeys]?.rows != nil
    let keys = try matrices(tensors, .latentKeys, count: shape.queryHeadCount)
    return .latent(
      LatentWeights(
        queryLatent: latent.querySize == nil
          ? nil
          : LatentVector(
            linear: Linear(weight: try matrix(tensors, .queryLatent)), norm: try norm(tensors, .queryLatentNorm)),
        query: Linear(weight: try matrix(tensors, .query)),
        latent: LatentVector(
          linear: Linear(weight: try matrix(tensors, .latent)), norm: try norm(tensors, .latentNorm)),
        keys: keys.map { Linear(weight: hasRows ? $0.transposed() : $0) },
        values: try matrices(tensors, .latentValues, count: shape.queryHeadCount).map { Linear(weight: $0) }))
  }

  private mutating func perLayerInput(
    size: Int, _ tensors: [TensorRole: TensorPart], index: Int
  ) throws(CheckpointError) -> PerLayerInputWeights<WeightMatrix> {
    guard let projection = map.model[.perLayerProjection]?.rows(ofLayer: index, of: map.layers.count),
      let rows = projection.rows
    else { throw .damaged(file.fileNames[0], nil, "has no tensor for \(TensorRole.perLayerProjection)") }
    projectionByteCount += projection.byteCount
    let all = try matrix(map.model, .perLayerEmbedding)
    guard let table = PerLayerTable(all, columns: index * size..<(index + 1) * size) else {
      throw .unsupported(
        file.fileNames[0], tensorSubject(TensorName.perLayerEmbedding),
        all.mapped == nil
          ? "is not in F32, F16 or BF16" : "has blocks of \(all.type) that are of two layers",
        remedy: "use files of the model in which it is of another type")
    }
    return PerLayerInputWeights(
      projection: try file.matrix(projection.entry).rows(rows),
      projectionNorm: try norm(map.model, .perLayerProjectionNorm), table: table,
      gate: try matrix(tensors, .perLayerGate), output: try matrix(tensors, .perLayerOutput),
      outputNorm: try norm(tensors, .perLayerOutputNorm))
  }

  private mutating func feedForward(
    _ shape: FeedForwardShape, _ tensors: [TensorRole: TensorPart]
  ) throws(CheckpointError) -> FeedForwardWeights<WeightMatrix> {
    switch shape {
    case .gated:
      .gated(
        gate: try linear(tensors, .gate, bias: .gateBias), up: try linear(tensors, .up, bias: .upBias),
        down: try linear(tensors, .down, bias: .downBias))
    case .ungated:
      .ungated(
        up: try linear(tensors, .up, bias: .upBias), down: try linear(tensors, .down, bias: .downBias))
    case .experts(let experts): .experts(try self.experts(experts, tensors))
    case .gatedBesideExperts(let parts): .gatedBesideExperts(try gatedBesideExperts(parts, tensors))
    }
  }

  private mutating func gatedBesideExperts(
    _ shape: GatedBesideExpertsShape, _ tensors: [TensorRole: TensorPart]
  ) throws(CheckpointError) -> GatedBesideExpertsWeights<WeightMatrix> {
    // The router's input is divided by the root of its width besides.
    let routerScale = try vector(tensors, .routerNorm)
    let root = Float(routerScale.count).squareRoot()
    return GatedBesideExpertsWeights(
      gate: try linear(tensors, .gate, bias: .gateBias), up: try linear(tensors, .up, bias: .upBias),
      down: try linear(tensors, .down, bias: .downBias), gatedNorm: try norm(tensors, .gatedOutputNorm),
      experts: try experts(shape.experts, tensors), routerNorm: NormWeights(routerScale.map { $0 / root }),
      expertNorms: NormPair(before: try norm(tensors, .expertNorm), after: try norm(tensors, .expertOutputNorm)))
  }

  private mutating func experts(
    _ shape: ExpertsShape, _ tensors: [TensorRole: TensorPart]
  ) throws(CheckpointError) -> ExpertWeights<WeightMatrix> {
    ExpertWeights(
      router: try linear(tensors, .router, bias: .routerBias),
      choiceBias: tensors[.choiceBias] == nil ? nil : try vector(tensors, .choiceBias),
      weightScales: tensors[.expertWeightScales] == nil ? nil : try vector(tensors, .expertWeightScales),
      gate: try linears(tensors, .expertGate, bias: .expertGateBias, count: shape.expertCount),
      up: try linears(tensors, .expertUp, bias: .expertUpBias, count: shape.expertCount),
      down: try linears(tensors, .expertDown, bias: .expertDownBias, count: shape.expertCount),
      shared: shape.shared == nil ? nil : try sharedExpert(isGated: shape.shared?.isGated == true, tensors))
  }

  private mutating func sharedExpert(
    isGated: Bool, _ tensors: [TensorRole: TensorPart]
  ) throws(CheckpointError) -> SharedExpertWeights<WeightMatrix> {
    SharedExpertWeights(
      router: isGated ? Linear(weight: try matrix(tensors, .sharedRouter)) : nil,
      gate: Linear(weight: try matrix(tensors, .sharedGate)), up: Linear(weight: try matrix(tensors, .sharedUp)),
      down: Linear(weight: try matrix(tensors, .sharedDown)))
  }

  /// The matrices that a tensor has one behind the other, with their parts of the bias that the tables have for it.
  private mutating func linears(
    _ tensors: [TensorRole: TensorPart], _ role: TensorRole, bias: TensorRole, count: Int
  ) throws(CheckpointError) -> [Linear<WeightMatrix>] {
    let weights = try matrices(tensors, role, count: count)
    let biases = tensors[bias] == nil ? nil : try take(tensors, bias)
    let numbers: [Float]? = if let biases { try file.vector(biases.entry) } else { nil }
    return weights.enumerated().map { index, weight in
      Linear(weight: weight, bias: biases.flatMap { part in numbers.map { Array($0[part.rows(ofExpert: index)]) } })
    }
  }

  /// The matrices that a tensor has one behind the other.
  private mutating func matrices(
    _ tensors: [TensorRole: TensorPart], _ role: TensorRole, count: Int
  ) throws(CheckpointError) -> [WeightMatrix] {
    let part = try take(tensors, role)
    let stacked = try file.matrix(part.entry)
    return (0..<count).map { stacked.rows(part.rows(ofExpert: $0)) }
  }

  /// A matrix with the bias that the family's tables have for it.
  mutating func linear(
    _ tensors: [TensorRole: TensorPart], _ role: TensorRole, bias: TensorRole
  ) throws(CheckpointError) -> Linear<WeightMatrix> {
    Linear(
      weight: try matrix(tensors, role), bias: tensors[bias] == nil ? nil : try vector(tensors, bias))
  }

  /// A norm with the bias that the family's tables have for it.
  mutating func norm(
    _ tensors: [TensorRole: TensorPart], _ role: TensorRole
  ) throws(CheckpointError) -> NormWeights {
    let bias: [Float]? =
      if let role = role.normBias, tensors[role] != nil { try vector(tensors, role) } else { nil }
    return NormWeights(try vector(tensors, role), bias: bias)
  }

  private mutating func vector(
    _ tensors: [TensorRole: TensorPart], _ role: TensorRole
  ) throws(CheckpointError) -> [Float] {
    let part = try take(tensors, role)
    let numbers = try file.vector(part.entry)
    return part.rows.map { Array(numbers[$0]) } ?? numbers
  }

  /// A tensor as a matrix, or its rows that have the role.
  mutating func matrix(
    _ tensors: [TensorRole: TensorPart], _ role: TensorRole
  ) throws(CheckpointError) -> WeightMatrix {
    let part = try take(tensors, role)
    let matrix = try file.matrix(part.entry)
    return part.rows.map { matrix.rows($0) } ?? matrix
  }

  /// A map without a role that its architecture's table must have, or with rows that the tensor does not have, is a
  /// mistake in the table; it is reported all the same.
  private mutating func take(
    _ tensors: [TensorRole: TensorPart], _ role: TensorRole
  ) throws(CheckpointError) -> TensorPart {
    guard let part = tensors[role] else {
      throw .damaged(file.fileNames[0], nil, "has no tensor for \(role)")
    }
    if let rows = part.rows, rows.lowerBound < 0 || rows.upperBound > part.rowCount {
      throw .damaged(file.fileName(of: part.entry), tensorSubject(part.entry.name), "has no rows \(rows)")
    }
    entries[part.entry.name] = part.entry
    return part
  }
}
