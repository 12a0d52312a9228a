import CKernels
import Tensors

/// Adds a part's output to the hidden states.
struct Residual {
  let scratch: ForwardScratch
  let hiddenSize: Int
  let pool: ComputePool

  /// `scratch.hidden += scratch.output`.
  func add(rows: Int) {
    let (hidden, output) = (scratch.hidden.baseAddress, scratch.output)
    pool.forEachSlice(of: rows * hiddenSize, granularity: 1024) { slice, _ in
      lh_add(hidden + slice.lowerBound, output + slice.lowerBound, Int64(slice.count))
    }
  }
}
