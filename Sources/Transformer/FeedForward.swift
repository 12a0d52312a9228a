import CKernels
import Core
import Tensors
import Weights

/// The feed-forward part of a layer.
struct FeedForward {
  let scratch: ForwardScratch
  let product: MatrixProduct
  let pool: ComputePool

  /// `scratch.output = feedForward(scratch.normed)`.
  func forward(_ shape: FeedForwardShape, _ weights: FeedForwardWeights<PackedMatrix>, rows: Int) {
    switch (shape, weights) {
    case (.gated(let size, let activation), .gated(let gate, let up, let down)):
      product(
        scratch.normed.baseAddress, rows: rows,
        MatrixProduct.Term(linear: gate, output: scratch.gate.baseAddress),
        MatrixProduct.Term(linear: up, output: scratch.up.baseAddress))
      gateUp(activation, count: rows * size)
      product(
        scratch.gate.baseAddress, rows: rows, MatrixProduct.Term(linear: down, output: scratch.output))
    }
  }

  /// `scratch.gate = activation(scratch.gate) * scratch.up`, `count` numbers.
  private func gateUp(_ activation: Activation, count: Int) {
    let (gate, up) = (scratch.gate.baseAddress, scratch.up.baseAddress)
    pool.forEachSlice(of: count, granularity: 1024) { slice, _ in
      switch activation {
      case .silu: lh_silu_multiply(gate + slice.lowerBound, up + slice.lowerBound, Int64(slice.count))
      }
    }
  }
}
