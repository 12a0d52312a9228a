package import Inference

/// A matrix of weights as it lies in a mapped file.
///
/// **Shape**: `[rowCount (out), columnCount (in)]`, row-major, rows `rowByteCount` apart, no gaps. A row
/// makes one number of the output.
///
/// Safety: `@unchecked Sendable`: the bytes are read-only and never change. They live as long as the
/// `StageWeights` this came from, which whoever uses it keeps.
package struct WeightMatrix: @unchecked Sendable {
  package let type: ElementType
  package let rowCount: Int
  package let columnCount: Int
  package let bytes: UnsafeRawPointer
  package let rowByteCount: Int

  package var byteCount: Int { rowCount * rowByteCount }
}

/// One decoder layer's weights. Norms are converted to f32 and finite.
package struct LayerWeights: Sendable {
  /// `[hidden]`.
  package let attentionNorm: [Float]
  /// `[queryHeads * headDimension, hidden]`.
  package let query: WeightMatrix
  /// `[keyValueHeads * headDimension, hidden]`.
  package let key: WeightMatrix
  /// `[keyValueHeads * headDimension, hidden]`.
  package let value: WeightMatrix
  /// `[hidden, queryHeads * headDimension]`.
  package let output: WeightMatrix
  /// `[hidden]`.
  package let feedForwardNorm: [Float]
  /// `[feedForward, hidden]`.
  package let gate: WeightMatrix
  /// `[feedForward, hidden]`.
  package let up: WeightMatrix
  /// `[hidden, feedForward]`.
  package let down: WeightMatrix
}
