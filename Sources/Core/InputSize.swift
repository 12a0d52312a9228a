/// How large an input of a matrix product can be.
package struct InputSize: Hashable, Sendable {
  package let rows: Int
  package let columns: Int

  /// Those of all matrices of a stage that has these layers.
  package static func all(
    of layers: some Sequence<LayerShape>, hiddenSize: Int, rowCapacity: Int
  ) -> [InputSize] {
    [InputSize(rows: max(rowCapacity, StageScratch.logitRowCapacity), columns: hiddenSize)]
      + layers.flatMap { layer in
        layer.attention.innerInputs(rows: rowCapacity)
          + layer.feedForward.innerInputs(rows: rowCapacity, hiddenSize: hiddenSize)
          + [InputSize(rows: rowCapacity, columns: layer.perLayerInputSize)]
      }
  }
}

extension AttentionShape {
  /// The inputs of its matrices for so many rows, without those that are as wide as the hidden states.
  fileprivate func innerInputs(rows: Int) -> [InputSize] {
    guard let latent else { return [InputSize(rows: rows, columns: outputSize)] }
    return [
      InputSize(rows: rows, columns: outputSize), InputSize(rows: rows, columns: latent.querySize ?? 0),
      InputSize(rows: rows * queryHeadCount, columns: latent.plainSize),
      InputSize(rows: rows * queryHeadCount, columns: latent.size),
    ]
  }
}

extension FeedForwardShape {
  /// The inputs of its matrices for so many rows, without those that are as wide as the hidden states.
  fileprivate func innerInputs(rows: Int, hiddenSize: Int) -> [InputSize] {
    switch self {
    case .gated(let size, _), .ungated(let size, _): [InputSize(rows: rows, columns: size)]
    case .experts(let experts): experts.innerInputs(rows: rows, hiddenSize: hiddenSize)
    case .gatedBesideExperts(let parts):
      [InputSize(rows: rows, columns: parts.size)] + parts.experts.innerInputs(rows: rows, hiddenSize: hiddenSize)
    }
  }
}

extension ExpertsShape {
  fileprivate func innerInputs(rows: Int, hiddenSize: Int) -> [InputSize] {
    [
      InputSize(rows: rows * usedCount, columns: hiddenSize), InputSize(rows: rows * usedCount, columns: size),
      InputSize(rows: rows, columns: shared?.size ?? 0),
    ]
  }
}
