package import Core
package import Tensors

/// The weights by which a token gives a layer numbers of its own, beside the hidden states, and by which the layer
/// takes them. `size` is the layer's `perLayerInputSize`.
package struct PerLayerInputWeights<Matrix: Sendable>: Sendable {
  /// What the token's embedding is multiplied with: `[size, hidden]`.
  package let projection: Matrix
  /// Of the projection, `[size]`; all layers have the same.
  package let projectionNorm: NormWeights
  /// What is added to the projection.
  package let table: PerLayerTable
  /// What the hidden states are multiplied with: `[size, hidden]`.
  package let gate: Matrix
  /// What brings the weighed input to the width of the hidden states: `[hidden, size]`.
  package let output: Matrix
  /// Of what the layer adds to the hidden states, `[hidden]`.
  package let outputNorm: NormWeights

  var matrices: [Matrix] { [projection, gate, output] }

  func map<Other: Sendable>(_ transform: (Matrix) -> Other) -> PerLayerInputWeights<Other> {
    PerLayerInputWeights<Other>(
      projection: transform(projection), projectionNorm: projectionNorm, table: table, gate: transform(gate),
      output: transform(output), outputNorm: outputNorm)
  }
}

/// A layer's part of the table that has a row for each token and, in it, some columns for each layer. It stays in the
/// mapped file, of which a step reads the rows of its tokens.
package struct PerLayerTable: Sendable {
  package let rows: WeightMatrix
  /// Where the layer's columns begin in a row.
  package let byteOffset: Int

  /// - Parameter columns: the layer's; whole blocks of the matrix's type.
  init?(_ rows: WeightMatrix, columns: Range<Int>) {
    guard rows.mapped != nil, let offset = rows.type.rowByteCount(elementCount: columns.lowerBound),
      rows.type.rowByteCount(elementCount: columns.count) != nil
    else { return nil }
    self.rows = rows
    byteOffset = offset
  }

  /// The layer's numbers of a token, as they are stored; nil where the vocabulary has no such token.
  package func bytes(of token: TokenID) -> UnsafeRawPointer? {
    guard token >= 0, Int(token) < rows.rowCount, let start = rows.bytes.baseAddress else { return nil }
    return start + Int(token) * rows.rowByteCount + byteOffset
  }
}
