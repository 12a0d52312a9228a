package import Inference
import Tensors

/// A matrix of weights as it lies in a mapped file.
///
/// **Shape**: `[rowCount (out), columnCount (in)]`, row-major, rows `rowByteCount` apart, no gaps. A row
/// makes one number of the output.
package struct WeightMatrix: Sendable {
  package let type: ElementType
  package let rowCount: Int
  package let columnCount: Int
  package let rowByteCount: Int
  /// Keeps the mapping.
  let file: MappedFile
  /// Where the matrix begins in the file; all of it lies inside, which was checked when the header was read.
  let offset: Int

  package var byteCount: Int { rowCount * rowByteCount }

  /// Valid as long as this value lives.
  package var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + byteCount])
  }
}

/// A matrix of weights in the order the matrix product reads them (`PackedWeights.h`).
///
/// Safety: `@unchecked Sendable`: the bytes never change once the `StageWeights` that owns them is made. They
/// live as long as it, which whoever uses this keeps.
package struct PackedMatrix: @unchecked Sendable {
  package let type: ElementType
  /// Numbers of the output.
  package let rowCount: Int
  /// Numbers of the input.
  package let columnCount: Int
  /// On a 64-byte boundary.
  package let bytes: UnsafeRawPointer
}

/// One decoder layer's weights, its matrices in one form or another. Norms are converted to f32 and finite.
package struct LayerWeights<Matrix: Sendable>: Sendable {
  /// `[hidden]`.
  package let attentionNorm: [Float]
  /// `[queryHeads * headDimension, hidden]`.
  package let query: Matrix
  /// `[keyValueHeads * headDimension, hidden]`.
  package let key: Matrix
  /// `[keyValueHeads * headDimension, hidden]`.
  package let value: Matrix
  /// `[hidden, queryHeads * headDimension]`.
  package let output: Matrix
  /// `[hidden]`.
  package let feedForwardNorm: [Float]
  /// `[feedForward, hidden]`.
  package let gate: Matrix
  /// `[feedForward, hidden]`.
  package let up: Matrix
  /// `[hidden, feedForward]`.
  package let down: Matrix

  /// The same layer with every matrix in another form.
  func map<Other: Sendable>(_ transform: (Matrix) -> Other) -> LayerWeights<Other> {
    LayerWeights<Other>(
      attentionNorm: attentionNorm, query: transform(query), key: transform(key), value: transform(value),
      output: transform(output), feedForwardNorm: feedForwardNorm, gate: transform(gate), up: transform(up),
      down: transform(down))
  }
}
