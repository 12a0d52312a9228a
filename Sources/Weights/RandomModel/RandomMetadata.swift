import Core

/// The metadata of a random model: its shape by the keys that families share, and a vocabulary without meaning.
struct RandomMetadata {
  private let configuration: ModelConfiguration
  private var family: String { configuration.architecture }

  init(_ configuration: ModelConfiguration) { self.configuration = configuration }

  var entries: [(String, GGUFHeaderWriter.Value)] { shape + vocabulary }

  private var shape: [(String, GGUFHeaderWriter.Value)] {
    let layers = configuration.layers
    let attention = layers[0].attention
    var entries: [(String, GGUFHeaderWriter.Value)] = [
      ("general.architecture", .text(family)),
      ("general.name", .text(configuration.name)),
    ]
    func add(_ key: ModelKey, _ value: GGUFHeaderWriter.Value) { entries.append(("\(family).\(key.suffix)", value)) }
    func add(_ key: ModelKey, perLayer value: (LayerShape) -> Int) {
      let values = layers.map(value)
      add(key, Set(values).count == 1 ? .count(values[0]) : .counts(values.map { Int32(clamping: $0) }))
    }
    add(.contextLength, .count(configuration.trainedLength))
    add(.hiddenSize, .count(configuration.hiddenSize))
    add(.layerCount, .count(layers.count))
    switch layers[0].feedForward {
    case .gated, .ungated: add(.feedForwardSize) { $0.feedForward.size }
    case .experts(let experts):
      add(.feedForwardSize, .count(experts.size))
      entries += self.experts(experts)
    case .gatedBesideExperts(let parts):
      add(.feedForwardSize, .count(parts.size))
      entries += self.experts(parts.experts)
    }
    if let rope = attention.rope {
      add(.rotaryDimension, .count(rope.rotaryDimension))
      add(.ropeBase, .float(Float(rope.base)))
      if case .yarn(let factor, let length, _, _, _, _) = rope.scaling {
        add(.ropeScalingType, .text("yarn"))
        add(.ropeScalingFactor, .float(Float(factor)))
        add(.ropeOriginalLength, .count(length))
      }
    }
    // Of families whose first layer is local, which is the period's beginning.
    if case .window(let count) = attention.span { add(.window, .count(count)) }
    add(.queryHeadCount) { $0.attention.queryHeadCount }
    add(.keyValueHeadCount) { $0.attention.keyValueHeadCount }
    if attention.querySize != configuration.hiddenSize {
      add(.keyLength, .count(attention.headDimension))
      add(.valueLength, .count(attention.headDimension))
    }
    switch configuration.outputNorm {
    case .rms(let epsilon): add(.rmsEpsilon, .float(epsilon))
    case .layer(let epsilon): add(.layerNormEpsilon, .float(epsilon))
    }
    return entries
  }

  /// Every layer has the same.
  private func experts(_ shape: ExpertsShape) -> [(String, GGUFHeaderWriter.Value)] {
    var entries: [(ModelKey, GGUFHeaderWriter.Value)] = [
      (.expertCount, .count(shape.expertCount)), (.usedExpertCount, .count(shape.usedCount)),
      (.expertSize, .count(shape.size)), (.expertWeightScale, .float(shape.router.scale)),
    ]
    switch shape.router.weighting {
    case .softmaxOfAll, .softmaxOfChosen:
      entries.append((.normalizesExpertWeights, .flag(shape.router.weighting == .softmaxOfChosen)))
    case .sigmoid(let normalizes):
      entries += [(.expertWeighting, .count(2)), (.normalizesExpertWeights, .flag(normalizes))]
    // The family says so, and files do not.
    case .sparseMixer: break
    }
    if let shared = shape.shared { entries.append((.sharedExpertSize, .count(shared.size))) }
    return entries.map { ("\(family).\($0.suffix)", $1) }
  }

  private var vocabulary: [(String, GGUFHeaderWriter.Value)] {
    let count = configuration.vocabularySize
    // Unknown, begin, end, the 256 bytes, then words without a meaning.
    let special = ["<unk>", "<s>", "</s>"]
    let tokens = (0..<count).map { id -> String in
      if id < special.count { return special[id] }
      guard id < 259 else { return "▁w\(id)" }
      let digits = String(id - 3, radix: 16, uppercase: true)
      return "<0x\(digits.count < 2 ? "0" : "")\(digits)>"
    }
    let kinds = (0..<count).map { id -> TokenKind in
      id == 0 ? .unknown : id < special.count ? .control : id < 259 ? .byte : .normal
    }
    return [
      ("tokenizer.ggml.model", .text("llama")),
      ("tokenizer.ggml.tokens", .texts(tokens)),
      ("tokenizer.ggml.scores", .floats((0..<count).map { -Float($0) })),
      ("tokenizer.ggml.token_type", .counts(kinds.map(\.rawValue))),
      ("tokenizer.ggml.bos_token_id", .count(1)),
      ("tokenizer.ggml.eos_token_id", .count(2)),
      ("tokenizer.ggml.unknown_token_id", .count(0)),
    ]
  }
}
