import Glibc
package import Core

/// The shape of a well-known model, to be filled with random weights where only speed matters.
package struct ModelShape: Sendable {
  /// As users write it.
  package let name: String
  package private(set) var configuration: ModelConfiguration

  /// All that are known by name.
  package static let known: [ModelShape] = [
    ModelShape(
      "TinyLlama-1.1B", layers: 22, hidden: 2048, feedForward: 5632, heads: 32, keyValueHeads: 4, vocabulary: 32_000,
      trained: 2048),
    ModelShape(
      "Llama-3.2-1B", layers: 16, hidden: 2048, feedForward: 8192, heads: 32, keyValueHeads: 8, vocabulary: 128_256,
      trained: 131_072, base: 500_000, isTied: true),
    ModelShape(
      "Llama-2-7B", layers: 32, hidden: 4096, feedForward: 11_008, heads: 32, keyValueHeads: 32, vocabulary: 32_000,
      trained: 4096),
    ModelShape(
      "Llama-3-8B", layers: 32, hidden: 4096, feedForward: 14_336, heads: 32, keyValueHeads: 8, vocabulary: 128_256,
      trained: 8192, base: 500_000),
    ModelShape(
      "Llama-2-70B", layers: 80, hidden: 8192, feedForward: 28_672, heads: 64, keyValueHeads: 8, vocabulary: 32_000,
      trained: 4096),
    ModelShape(
      "Llama-3-70B", layers: 80, hidden: 8192, feedForward: 28_672, heads: 64, keyValueHeads: 8, vocabulary: 128_256,
      trained: 8192, base: 500_000),
    ModelShape(
      "Llama-3.1-405B", layers: 126, hidden: 16_384, feedForward: 53_248, heads: 128, keyValueHeads: 8,
      vocabulary: 128_256, trained: 131_072, base: 500_000),
    ModelShape(
      "Qwen3-30B-A3B", Qwen3MoE.architecture, layers: 48, hidden: 2048, heads: 32, keyValueHeads: 4, headDimension: 128,
      feedForward: .experts(
        ExpertsShape(expertCount: 128, usedCount: 8, size: 768, router: RouterRule(.softmaxOfChosen))),
      vocabulary: 151_936, trained: 40_960, base: 1_000_000),
    ModelShape(
      "Qwen3-235B-A22B", Qwen3MoE.architecture, layers: 94, hidden: 4096, heads: 64, keyValueHeads: 4,
      headDimension: 128,
      feedForward: .experts(
        ExpertsShape(expertCount: 128, usedCount: 8, size: 1536, router: RouterRule(.softmaxOfChosen))),
      vocabulary: 151_936, trained: 40_960, base: 1_000_000),
    ModelShape(
      "Mixtral-8x7B", Llama.architecture, layers: 32, hidden: 4096, heads: 32, keyValueHeads: 8, headDimension: 128,
      feedForward: .experts(
        ExpertsShape(expertCount: 8, usedCount: 2, size: 14_336, router: RouterRule(.softmaxOfChosen))),
      vocabulary: 32_000, trained: 32_768, base: 1_000_000),
    gptOSS("gpt-oss-20b", layers: 24, expertCount: 32),
    gptOSS("gpt-oss-120b", layers: 36, expertCount: 128),
  ]

  private static func gptOSS(_ name: String, layers: Int, expertCount: Int) -> ModelShape {
    var shape = ModelShape(
      name, GptOSS.architecture, layers: layers, hidden: 2880, heads: 64, keyValueHeads: 8, headDimension: 64,
      feedForward: .experts(
        ExpertsShape(
          expertCount: expertCount, usedCount: 4, size: 2880, activation: .clampedSwiGLU(alpha: 1.702, limit: 7),
          router: RouterRule(.softmaxOfChosen))),
      vocabulary: 201_088, trained: 131_072, base: 150_000)
    for layer in 0..<layers {
      shape.configuration.layers[layer].attention.hasSinks = true
      shape.configuration.layers[layer].attention.queryKeyNorm = nil
      shape.configuration.layers[layer].attention.rope?.scaling = .yarn(
        factor: 32, originalLength: 4096, betaFast: 32, betaSlow: 1, attentionFactor: 0.1 * log(32) + 1,
        roundsRamp: false)
      if layer % 2 == 0 { shape.configuration.layers[layer].attention.span = .window(128) }
    }
    return shape
  }

  /// The shape of that name, whatever its capitals.
  package static func named(_ name: String) -> ModelShape? {
    known.first { $0.name.lowercased() == name.lowercased() }
  }

  package init(name: String, configuration: ModelConfiguration) {
    self.name = name
    self.configuration = configuration
  }

  /// A Llama without experts.
  private init(
    _ name: String, layers: Int, hidden: Int, feedForward: Int, heads: Int, keyValueHeads: Int, vocabulary: Int,
    trained: Int, base: Double = 10_000, isTied: Bool = false
  ) {
    self.init(
      name, Llama.architecture, layers: layers, hidden: hidden, heads: heads, keyValueHeads: keyValueHeads,
      headDimension: hidden / heads, feedForward: .gated(size: feedForward, .silu), vocabulary: vocabulary,
      trained: trained, base: base, isTied: isTied)
  }

  private init(
    _ name: String, _ architecture: Architecture, layers: Int, hidden: Int, heads: Int, keyValueHeads: Int,
    headDimension: Int, feedForward: FeedForwardShape, vocabulary: Int, trained: Int, base: Double, isTied: Bool = false
  ) {
    let norm = NormKind.rms(epsilon: 1e-5)
    let isLlama = architecture.name == Llama.architecture.name
    let rope = RopeConfiguration(
      base: base, rotaryDimension: headDimension, layout: isLlama ? .interleaved : .halfSplit, scaling: .none)
    let layer = LayerShape(
      attention: AttentionShape(
        queryHeadCount: heads, keyValueHeadCount: keyValueHeads, headDimension: headDimension, rope: rope,
        queryKeyNorm: isLlama ? nil : .heads(norm)),
      feedForward: feedForward, norm: norm)
    self.init(
      name: name,
      configuration: ModelConfiguration(
        name: "\(name) (random weights)", architecture: architecture.name, hiddenSize: hidden,
        vocabularySize: vocabulary, trainedLength: trained, layers: Array(repeating: layer, count: layers),
        outputNorm: norm, hasTiedHead: isTied))
  }
}
