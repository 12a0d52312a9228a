/// How many numbers a model's matrices have. Norms and biases, which are few, are left out.
package struct ParameterCount: Hashable, Sendable {
  /// All, the embedding and the head included; a tied head counts once.
  package let total: Int
  /// Those that each token is multiplied with, the head included: fewer where a token is given to some of many experts.
  package let active: Int

  package init(_ model: ModelConfiguration) {
    let table = model.vocabularySize * model.hiddenSize
    func sum(_ count: (LayerShape) -> Int) -> Int { model.layers.reduce(0) { $0 + count($1) } }
    active = sum { $0.activeParameterCount(hiddenSize: model.hiddenSize) } + table
    total =
      sum { $0.parameterCount(hiddenSize: model.hiddenSize) } + table * (model.hasTiedHead ? 1 : 2)
      + model.vocabularySize * sum(\.perLayerInputSize)
  }
}

extension LayerShape {
  /// Numbers in the layer's matrices.
  package func parameterCount(hiddenSize: Int) -> Int {
    attention.parameterCount(hiddenSize: hiddenSize) + feedForward.parameterCount(hiddenSize: hiddenSize)
      + perLayerInputParameterCount(hiddenSize: hiddenSize)
  }

  /// Numbers in the matrices that each token is multiplied with.
  package func activeParameterCount(hiddenSize: Int) -> Int {
    attention.parameterCount(hiddenSize: hiddenSize) + feedForward.activeParameterCount(hiddenSize: hiddenSize)
      + perLayerInputParameterCount(hiddenSize: hiddenSize)
  }

  /// What makes the token's numbers, what weighs them and what brings them back to the width of the hidden states.
  private func perLayerInputParameterCount(hiddenSize: Int) -> Int { 3 * perLayerInputSize * hiddenSize }
}

extension AttentionShape {
  fileprivate func parameterCount(hiddenSize: Int) -> Int {
    guard let latent else {
      let keysAndValues = hasOwnKeys ? (valuesAreKeys ? 1 : 2) * keyValueSize : 0
      return hiddenSize * (2 * querySize + keysAndValues)
    }
    let queries =
      latent.querySize.map { $0 * (hiddenSize + projectedQuerySize) } ?? hiddenSize * projectedQuerySize
    let keysAndValues = queryHeadCount * latent.size * (latent.plainSize + latent.valueSize)
    return queries + hiddenSize * (keyValueSize + outputSize) + keysAndValues
  }
}

extension FeedForwardShape {
  fileprivate func activeParameterCount(hiddenSize: Int) -> Int {
    switch self {
    case .gated(let size, _): 3 * size * hiddenSize
    case .ungated(let size, _): 2 * size * hiddenSize
    case .experts(let experts): (3 * size + experts.expertCount) * hiddenSize
    case .gatedBesideExperts(let parts): (3 * size + parts.experts.expertCount) * hiddenSize
    }
  }

  fileprivate func parameterCount(hiddenSize: Int) -> Int {
    let active = activeParameterCount(hiddenSize: hiddenSize)
    guard let experts else { return active }
    return active + 3 * (experts.expertCount - experts.usedCount) * experts.size * hiddenSize
  }
}
