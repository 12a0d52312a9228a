import CKernels
package import Core

extension NormKind {
  /// The norm of one row, or head, of `weights.count` numbers. `result` may be `row`.
  package func apply(to row: UnsafePointer<Float>, _ weights: [Float], into result: UnsafeMutablePointer<Float>) {
    switch self {
    case .rms(let epsilon): lh_rmsnorm(row, weights, epsilon, result, Int64(weights.count))
    }
  }
}
