import CKernels
import Tensors

/// Adds a part's output to the hidden states, and scales what a layer gives.
struct Residual {
  let scratch: ForwardScratch
  let hiddenSize: Int
  let pool: ComputePool

  /// `scratch.hidden += scale * scratch.output`; the output is void then.
  func add(scale: Float, rows: Int) {
    let (hidden, output) = (scratch.hidden.baseAddress, scratch.output)
    pool.forEachSlice(of: rows * hiddenSize, granularity: 1024) { slice, _ in
      if scale != 1 { lh_scale(output + slice.lowerBound, scale, Int64(slice.count)) }
      lh_add(hidden + slice.lowerBound, output + slice.lowerBound, Int64(slice.count))
    }
  }

  /// `scratch.hidden *= scale`.
  func scaleHidden(by scale: Float, rows: Int) {
    let hidden = scratch.hidden.baseAddress
    pool.forEachSlice(of: rows * hiddenSize, granularity: 1024) { slice, _ in
      lh_scale(hidden + slice.lowerBound, scale, Int64(slice.count))
    }
  }
}
