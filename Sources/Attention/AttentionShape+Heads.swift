import Core

extension AttentionShape {
  /// The key-value heads whose keys and values lie on a NUMA node.
  func heads(node: Int, of nodeCount: Int) -> Range<Int> {
    node * keyValueHeadCount / nodeCount..<(node + 1) * keyValueHeadCount / nodeCount
  }

  /// Whether each head is normalized by itself, before it is turned.
  var normalizesHeads: Bool {
    switch queryKeyNorm {
    case .heads, .eachHead: true
    case .rows, nil: false
    }
  }

  /// Numbers of a stored value, and of a row's weighted sum: `headDimension` in whole vectors.
  var valueStride: Int { KVGeometry.valueStride(headDimension) }
}
