import CKernels
package import Core

extension NormKind {
  /// The norm of one row, or head, of as many numbers as there are weights. `result` may be `row`.
  package func apply(
    to row: UnsafePointer<Float>, _ norm: NormWeights, into result: UnsafeMutablePointer<Float>
  ) {
    apply(to: row, norm, part: norm.weights.indices, into: result)
  }

  /// The norm of one row, or head, by some of the weights, as many as it has numbers. `result` may be `row`.
  package func apply(
    to row: UnsafePointer<Float>, _ norm: NormWeights, part: Range<Int>, into result: UnsafeMutablePointer<Float>
  ) {
    let count = Int64(part.count)
    norm.weights[part].withUnsafeBufferPointer { weights in
      switch self {
      case .rms(let epsilon): lh_rmsnorm(row, weights.baseAddress, epsilon, result, count)
      case .layer(let epsilon):
        guard let bias = norm.bias else {
          return lh_layernorm(row, weights.baseAddress, nil, epsilon, result, count)
        }
        bias[part].withUnsafeBufferPointer {
          lh_layernorm(row, weights.baseAddress, $0.baseAddress, epsilon, result, count)
        }
      }
    }
  }
}
