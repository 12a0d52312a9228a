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
      forward(size, activation, gate: gate, up: up, down: down, rows: rows)
    case (.ungated(let size, let gelu), .ungated(let up, let down)):
      product(
        scratch.normed.baseAddress, rows: rows, MatrixProduct.Term(linear: up, output: scratch.up.baseAddress))
      activateUp(gelu, count: rows * size)
      product(scratch.up.baseAddress, rows: rows, MatrixProduct.Term(linear: down, output: scratch.output))
    case (.experts(let shape), .experts(let weights)):
      mixture.forward(shape, weights, rows: rows)
    case (.gatedBesideExperts(let shape), .gatedBesideExperts(let weights)): forward(shape, weights, rows: rows)
    case (.gated, _), (.ungated, _), (.experts, _), (.gatedBesideExperts, _):
      preconditionFailure("the weights are of another shape")
    }
  }

  private var mixture: ExpertMixture {
    guard let experts = scratch.experts else { preconditionFailure("no room was made for experts") }
    return ExpertMixture(scratch: scratch, experts: experts, product: product, hiddenSize: hiddenSize, pool: pool)
  }

  private func forward(
    _ size: Int, _ activation: Activation, gate: Linear<PackedMatrix>, up: Linear<PackedMatrix>,
    down: Linear<PackedMatrix>, rows: Int
  ) {
    product(
      scratch.normed.baseAddress, rows: rows,
      MatrixProduct.Term(linear: gate, output: scratch.gate.baseAddress),
      MatrixProduct.Term(linear: up, output: scratch.up.baseAddress))
    activation.multiply(scratch.gate.baseAddress, by: scratch.up.baseAddress, count: rows * size, pool: pool)
    product(scratch.gate.baseAddress, rows: rows, MatrixProduct.Term(linear: down, output: scratch.output))
  }

  /// The gated part's output waits in `scratch.kept`, and the experts' is added to it.
  private func forward(
    _ shape: GatedBesideExpertsShape, _ weights: GatedBesideExpertsWeights<PackedMatrix>, rows: Int
  ) {
    let norm = Norm(scratch: scratch, hiddenSize: hiddenSize, pool: pool)
    forward(shape.size, shape.activation, gate: weights.gate, up: weights.up, down: weights.down, rows: rows)
    norm.normalizeOutput(shape.norm, weights.gatedNorm, rows: rows)
    norm.keep(rows: rows)
    norm.normalize(shape.norm, weights.routerNorm, rows: rows)
    mixture.choose(shape.experts, weights.experts, rows: rows)
    norm.normalize(shape.norm, weights.expertNorms.before, rows: rows)
    mixture.compute(shape.experts, weights.experts, rows: rows)
    norm.normalizeOutput(shape.norm, weights.expertNorms.after, rows: rows)
    let (output, kept) = (scratch.output, scratch.kept.baseAddress)
    pool.forEachSlice(of: rows * hiddenSize, granularity: 1024) { slice, _ in
      lh_add(output + slice.lowerBound, kept + slice.lowerBound, Int64(slice.count))
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
