import Core
import Tensors

/// The norms of hidden states.
struct Norm {
  let scratch: ForwardScratch
  let hiddenSize: Int
  let pool: ComputePool

  /// `scratch.normed = norm(scratch.hidden)`.
  func normalize(_ kind: NormKind, _ weights: [Float], rows: Int) {
    let (hidden, normed) = (scratch.hidden.baseAddress, scratch.normed.baseAddress)
    pool.forEachSlice(of: rows, granularity: 1) { slice, _ in
      for row in slice { kind.apply(to: hidden + row * hiddenSize, weights, into: normed + row * hiddenSize) }
    }
  }
}
