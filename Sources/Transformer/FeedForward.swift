import CKernels
import Core
import Tensors
import Weights

/// The feed-forward part of a layer.
struct FeedForward {
  let scratch: ForwardScratch
  let product: MatrixProduct
  let hiddenSize: Int
  let pool: ComputePool

  /// `scratch.output = feedForward(scratch.normed)`.
  func forward(_ shape: FeedForwardShape, _ weights: FeedForwardWeights<PackedMatrix>, rows: Int) {
    switch (shape, weights) {
    case (.gated(let size, let activation), .gated(let gate, let up, let down)):
      product(
        scratch.normed.baseAddress, rows: rows,
        MatrixProduct.Term(linear: gate, output: scratch.gate.baseAddress),
        MatrixProduct.Term(linear: up, output: scratch.up.baseAddress))
      activation.multiply(
        scratch.gate.baseAddress, by: scratch.up.baseAddress, count: rows * size, pool: pool)
      product(
        scratch.gate.baseAddress, rows: rows, MatrixProduct.Term(linear: down, output: scratch.output))
    case (.ungated(let size, let gelu), .ungated(let up, let down)):
      product(
        scratch.normed.baseAddress, rows: rows, MatrixProduct.Term(linear: up, output: scratch.up.baseAddress))
      activateUp(gelu, count: rows * size)
      product(scratch.up.baseAddress, rows: rows, MatrixProduct.Term(linear: down, output: scratch.output))
    case (.experts(let shape), .experts(let weights)):
      guard let experts = scratch.experts else { preconditionFailure("no room was made for experts") }
      ExpertMixture(scratch: scratch, experts: experts, product: product, hiddenSize: hiddenSize, pool: pool)
        .forward(shape, weights, rows: rows)
    case (.gated, _), (.ungated, _), (.experts, _): preconditionFailure("the weights are of another shape")
    }
  }

  /// `scratch.up = gelu(scratch.up)`, `count` numbers.
  private func activateUp(_ gelu: GELU, count: Int) {
    let up = scratch.up.baseAddress
    pool.forEachSlice(of: count, granularity: 1024) { slice, _ in
      switch gelu {
      case .tanh: lh_gelu(up + slice.lowerBound, Int64(slice.count))
      case .exact: lh_gelu_exact(up + slice.lowerBound, Int64(slice.count))
      }
    }
  }
}

extension FeedForwardShape {
  /// The inputs of its matrices for so many rows, without those that are as wide as the hidden states.
  func innerInputs(rows: Int, hiddenSize: Int) -> [InputSize] {
    switch self {
    case .gated(let size, _), .ungated(let size, _): [InputSize(rows: rows, columns: size)]
    case .experts(let experts):
      [
        InputSize(rows: rows * experts.usedCount, columns: hiddenSize),
        InputSize(rows: rows * experts.usedCount, columns: experts.size),
        InputSize(rows: rows, columns: experts.shared?.size ?? 0),
      ]
    }
  }
}
