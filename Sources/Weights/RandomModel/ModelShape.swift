package import Core

/// The shape of a well-known model, to be filled with random weights where only speed matters.
package struct ModelShape: Sendable {
  /// As users write it.
  package let name: String
  package let configuration: ModelConfiguration

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
  ]

  /// The shape of that name, whatever its capitals.
  package static func named(_ name: String) -> ModelShape? {
    known.first { $0.name.lowercased() == name.lowercased() }
  }

  package init(name: String, configuration: ModelConfiguration) {
    self.name = name
    self.configuration = configuration
  }

  private init(
    _ name: String, layers: Int, hidden: Int, feedForward: Int, heads: Int, keyValueHeads: Int, vocabulary: Int,
    trained: Int, base: Double = 10_000, isTied: Bool = false
  ) {
    self.init(
      name: name,
      configuration: ModelConfiguration(
        name: "\(name) (random weights)", architecture: Architecture.llama.name, layerCount: layers, hiddenSize: hidden,
        feedForwardSize: feedForward, queryHeadCount: heads, keyValueHeadCount: keyValueHeads,
        headDimension: hidden / heads, vocabularySize: vocabulary, trainedLength: trained, normEpsilon: 1e-5,
        rope: RopeConfiguration(
          base: base, rotaryDimension: hidden / heads, layout: .interleaved, scaling: .none), hasTiedHead: isTied))
  }
}
