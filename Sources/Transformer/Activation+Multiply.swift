import CKernels
import Core
import Tensors

extension Activation {
  /// `gate = activation(gate) * up`, or what the activation makes of both, `count` numbers.
  func multiply(
    _ gate: UnsafeMutablePointer<Float>, by up: UnsafePointer<Float>, count: Int, pool: ComputePool
  ) {
    pool.forEachSlice(of: count, granularity: 1024) { slice, _ in
      switch self {
      case .silu: lh_silu_multiply(gate + slice.lowerBound, up + slice.lowerBound, Int64(slice.count))
      case .geluTanh: lh_gelu_multiply(gate + slice.lowerBound, up + slice.lowerBound, Int64(slice.count))
      case .clampedSwiGLU(let alpha, let limit):
        lh_swiglu_clamped(gate + slice.lowerBound, up + slice.lowerBound, alpha, limit, Int64(slice.count))
      }
    }
  }
}
