import Backend
import Core
import Fixtures
import Paging
import PlainBackend
import Testing
import Transformer

@testable import Weights

@Suite("A forward pass gives what the formulas give in double precision")
struct ReferenceForwardTests {
  /// Models that differ in what their layers compute.
  enum Model: String, CaseIterable {
    case llama, unequalLayers, qwen2, qwen3, ownFamily, withoutPositions, sandwich, postNorm, parallel
    case mixtral, qwen2moe, qwen3moe, sigmoidRouter, gptOSS
  }

  private static let rowCapacity = 48
  private static let contextLength = 160
  private let scratch: ScratchFolder

  init() throws { scratch = try ScratchFolder() }

  private func checkpoint(_ model: Model) throws -> Checkpoint {
    var configuration = ModelConfiguration.small(layers: 3, hidden: 64, feedForward: 96)
    func change(_ body: (inout AttentionShape) -> Void) {
      for layer in configuration.layers.indices { body(&configuration.layers[layer].attention) }
    }
    switch model {
    case .llama: break
    case .unequalLayers:
      for (layer, (queries, keys, size)) in [(6, 3, 96), (4, 2, 160), (2, 1, 32)].enumerated() {
        configuration.layers[layer].attention.queryHeadCount = queries
        configuration.layers[layer].attention.keyValueHeadCount = keys
        configuration.layers[layer].feedForward = .gated(size: size, .silu)
      }
    case .qwen2: configuration.architecture = "qwen2"
    case .qwen3: configuration.architecture = "qwen3"
    case .mixtral, .qwen2moe, .qwen3moe, .sigmoidRouter, .gptOSS: configuration = configuration.withExperts(model)
    case .ownFamily:
      configuration.architecture = "own"
      change { $0.rope?.rotaryDimension = 8 }
    case .withoutPositions:
      configuration.architecture = "bare"
      change { $0.rope = nil }
    case .sandwich, .postNorm, .parallel:
      configuration.architecture = model.rawValue
      guard model == .parallel else { break }
      configuration.outputNorm = .layer(epsilon: 1e-3)
      for layer in configuration.layers.indices { configuration.layers[layer].feedForward = .ungated(size: 96) }
    }
    return try SharpModel.checkpoint(
      configuration, at: scratch.path("\(model).gguf"),
      architectures: Architecture.supported + [.own, .bare, .sandwich, .postNorm, .parallel])
  }

  /// Two sequences in shared steps, one grouped and one plain.
  private struct Run {
    let backend: any StageBackend
    private var caches: [SequenceCache]
    private var freePages: [PageID]
    private let counts = [[40, 5], [40, 1], [1, 1], [40, 3], [1, 1], [1, 0], [17, 8]]

    init(_ backend: any StageBackend, pageCount: Int) throws {
      self.backend = backend
      let policies = [
        try #require(PositionPolicy(groupSize: 3, neighborWindow: 20, trainedLength: 64)),
        PositionPolicy.plain(trainedLength: 64),
      ]
      freePages = (0..<UInt32(pageCount)).map { PageID($0) }
      caches = []
      for policy in policies {
        let ring = PageCount.ofRing(policy: policy, chunkTokenCount: ReferenceForwardTests.rowCapacity)
        caches.append(SequenceCache(policy: policy, neighborPages: Array(freePages.suffix(ring))))
        freePages.removeLast(ring)
      }
    }

    /// The logits of every row of every step.
    mutating func logits() throws -> [[Float]] {
      var logits: [[Float]] = []
      for counts in counts {
        var entries: [CacheEntry] = []
        var row = 0
        for (index, count) in counts.enumerated() where count > 0 {
          let start = caches[index].length
          let missing = PageCount.of(tokens: start + count) - PageCount.of(tokens: start)
          if let refusal = caches[index].extend(
            start: start, tokenCount: count, newPages: Array(freePages.suffix(missing)))
          {
            throw refusal
          }
          freePages.removeLast(missing)
          try backend.embed((start..<start + count).map { TokenID(($0 * 37 + 11 + index) % 300) }, row: row)
          entries.append(CacheEntry(cache: caches[index], firstRow: row, rowCount: count))
          row += count
        }
        try backend.forward(entries) {}
        try backend.logits(of: Array(0..<row)) { _, row in logits.append(row.map(Array.init) ?? []) }
      }
      return logits
    }
  }

  @Test(
    "for layers alike and unlike, biases, norms of every kind and place, fused tensors, windows, caps, experts, sinks",
    arguments: Model.allCases)
  func agrees(model: Model) throws {
    let checkpoint = try checkpoint(model)
    let layers = try #require(LayerRange(lower: 0, upper: 3))
    let specification = StageSpecification(
      layers: layers, hasEmbedding: true, hasHead: true, kvElementType: .f32, pageCount: 8,
      contextLength: Self.contextLength, rowCapacity: Self.rowCapacity)
    let tensors = try StageTensors(checkpoint, layers: layers, hasEmbedding: true, hasHead: true)
    var plain = try Run(PlainBackend(specification, tensors: tensors), pageCount: 8)
    var cpu = try Run(
      CPUDevice(threadCount: 2).load(specification, from: checkpoint, note: { _ in }, progress: { _ in }), pageCount: 8)
    let (expected, found) = (try plain.logits(), try cpu.logits())
    #expect(expected.count == 159 && Set(expected).count == 159)
    let difference = zip(expected, found).map { expected, found in
      (zip(expected, found).map { abs($0 - $1) }.max() ?? 0) / (expected.map(abs).max() ?? 1)
    }.max()
    #expect(try #require(difference) < 1e-4)
  }
}

extension ModelConfiguration {
  fileprivate func withExperts(_ model: ReferenceForwardTests.Model) -> ModelConfiguration {
    var shape = ExpertsShape(expertCount: 10, usedCount: 3, size: 40, router: RouterRule(.softmaxOfChosen))
    var family = "llama"
    switch model {
    case .qwen2moe:
      family = "qwen2moe"
      shape.router = RouterRule(.softmaxOfAll)
      shape.shared = SharedExpertShape(size: 72, isGated: true)
    case .qwen3moe: family = "qwen3moe"
    case .sigmoidRouter: shape.router = RouterRule(.sigmoid(normalizes: true), scale: 2.5)
    case .gptOSS:
      family = "gpt-oss"
      shape.activation = .clampedSwiGLU(alpha: 1.702, limit: 7)
    default: break
    }
    var result = withExperts(shape)
    result.architecture = family
    for layer in result.layers.indices where model == .gptOSS {
      result.layers[layer].attention.hasSinks = true
      if layer % 2 == 0 { result.layers[layer].attention.span = .window(11) }
    }
    return result
  }
}

extension Architecture {
  /// Layers with queries, keys and values in one tensor, biases there and on the feed-forward part, head norms, and a
  /// rotation of half a head whose pairs lie apart.
  fileprivate static let own = Architecture(
    name: "own",
    configuration: { fields throws(CheckpointError) in
      try fields.gatedModel(ropeLayout: .halfSplit, normalizesHeads: true)
    },
    modelTensors: TensorRule.ends,
    layerTensors: { layer, model in
      let (hidden, attention, inner) = (model.hiddenSize, layer.attention, layer.feedForward.size)
      let (queries, keys) = (attention.querySize, attention.keyValueSize)
      let parts: [(TensorRole, TensorRole, Range<Int>)] = [
        (.query, .queryBias, 0..<queries), (.key, .keyBias, queries..<queries + keys),
        (.value, .valueBias, queries + keys..<queries + 2 * keys),
      ]
      let fused = parts.flatMap { role, bias, rows in
        [
          TensorRule(role, "attn_qkv.weight", [hidden, queries + 2 * keys], rows: rows),
          TensorRule(bias, "attn_qkv.bias", [queries + 2 * keys], rows: rows),
        ]
      }
      let own: Set<TensorRole> = [.query, .key, .value]
      return fused + TensorRule.gatedLayer(layer, in: model).filter { !own.contains($0.role) } + [
        TensorRule(.queryNorm, "attn_q_norm.weight", [attention.headDimension]),
        TensorRule(.keyNorm, "attn_k_norm.weight", [attention.headDimension]),
        TensorRule(.gateBias, "ffn_gate.bias", [inner]), TensorRule(.upBias, "ffn_up.bias", [inner]),
        TensorRule(.downBias, "ffn_down.bias", [hidden]),
      ]
    })

  /// Llama's layers without positions.
  fileprivate static let bare = Architecture(
    name: "bare",
    configuration: { fields throws(CheckpointError) in
      var model = try fields.gatedModel(ropeLayout: .interleaved)
      for layer in model.layers.indices { model.layers[layer].attention.rope = nil }
      return model
    },
    modelTensors: TensorRule.ends, layerTensors: TensorRule.gatedLayer)

  /// Norms before and after each part, GELU, windows in every other layer, caps and a scale of embeddings.
  fileprivate static let sandwich = Architecture(
    name: "sandwich",
    configuration: { fields throws(CheckpointError) in
      var model = try fields.gatedModel(ropeLayout: .halfSplit)
      for (index, var layer) in model.layers.enumerated() {
        layer.residual = .sandwich
        layer.feedForward = .gated(size: layer.feedForward.size, .geluTanh)
        layer.attention.scoreCap = 5
        layer.attention.span = index % 2 == 0 ? .window(17) : .all
        model.layers[index] = layer
      }
      (model.embeddingScale, model.logitCap) = (3, 8)
      return model
    },
    modelTensors: TensorRule.ends,
    layerTensors: { layer, model in TensorRule.gatedLayer(layer, in: model) + TensorRule.outputNorms(in: model) })

  /// Norms after each part alone and of whole rows of queries and keys, windows that grouping replaces, and scales.
  fileprivate static let postNorm = Architecture(
    name: "postNorm",
    configuration: { fields throws(CheckpointError) in
      var model = try fields.gatedModel(ropeLayout: .halfSplit)
      for (index, var layer) in model.layers.enumerated() {
        (layer.residual, layer.residualScale) = (.postNorm, 0.6)
        layer.attention.queryKeyNorm = .rows(layer.norm)
        layer.attention.span = .windowUnlessGrouped(23)
        model.layers[index] = layer
      }
      model.logitScale = 0.3
      return model
    },
    modelTensors: TensorRule.ends,
    layerTensors: { layer, model in
      TensorRule.projections(layer, in: model) + TensorRule.outputNorms(in: model) + [
        TensorRule(.queryNorm, "attn_q_norm.weight", [layer.attention.querySize]),
        TensorRule(.keyNorm, "attn_k_norm.weight", [layer.attention.keyValueSize]),
      ]
    })

  /// Both parts read one layer norm; no gate, and biases everywhere, on the head as well.
  fileprivate static let parallel = Architecture(
    name: "parallel",
    configuration: { fields throws(CheckpointError) in
      let norm = NormKind.layer(epsilon: 1e-3)
      var layers = try fields.gatedLayers(norm: norm, ropeLayout: .halfSplit)
      for index in layers.indices {
        layers[index].residual = .parallel
        layers[index].feedForward = .ungated(size: layers[index].feedForward.size)
      }
      return try fields.model(layers: layers, outputNorm: norm)
    },
    modelTensors: { model in
      TensorRule.ends(of: model) + [
        TensorRule(.outputNormBias, "output_norm.bias", [model.hiddenSize]),
        TensorRule(.headBias, "output.bias", [model.vocabularySize]),
      ]
    },
    layerTensors: { layer, model in
      TensorRule.projections(layer, in: model) + [
        TensorRule(.attentionNorm, "attn_norm.weight", [model.hiddenSize]),
        TensorRule(.attentionNormBias, "attn_norm.bias", [model.hiddenSize]),
        TensorRule(.upBias, "ffn_up.bias", [layer.feedForward.size]),
        TensorRule(.attentionOutputBias, "attn_output.bias", [model.hiddenSize]),
      ]
    })
}
