import CKernels
package import Core

extension NormKind {
  /// The norm of one row, or head, of as many numbers as there are weights. `result` may be `row`.
  package func apply(
    to row: UnsafePointer<Float>, _ norm: NormWeights, into result: UnsafeMutablePointer<Float>
  ) {
    let count = Int64(norm.weights.count)
    switch self {
    case .rms(let epsilon): lh_rmsnorm(row, norm.weights, epsilon, result, count)
    case .layer(let epsilon):
      guard let bias = norm.bias else { return lh_layernorm(row, norm.weights, nil, epsilon, result, count) }
      lh_layernorm(row, norm.weights, bias, epsilon, result, count)
    }
  }
}
