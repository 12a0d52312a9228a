import CKernels
import Core
import Tensors
import Weights

/// A feed-forward part of experts.
///
/// The rows of a step are grouped by expert, so that each expert's matrices are read once a step, however many rows are
/// given to it. **Order**: a row's sum begins at +0 and takes its experts' weighted outputs by one `fma` each, in
/// ascending order of the experts, and the shared expert's last: it does not depend on the other rows of the step.
struct ExpertMixture {
  let scratch: ForwardScratch
  let experts: ExpertScratch
  let product: MatrixProduct
  let hiddenSize: Int
  let pool: ComputePool

  /// `scratch.output = experts(scratch.normed)`.
  func forward(_ shape: ExpertsShape, _ weights: ExpertWeights<PackedMatrix>, rows: Int) {
    choose(shape, weights, rows: rows)
    compute(shape, weights, rows: rows)
  }

  /// `scratch.output = experts(scratch.normed)`, of the experts that are chosen.
  func compute(_ shape: ExpertsShape, _ weights: ExpertWeights<PackedMatrix>, rows: Int) {
    if let shared = shape.shared, let weights = weights.shared {
      forward(shared, shape.activation, weights, rows: rows, into: sharedOutput(shape, rows: rows))
    }
    gather()
    let count = experts.groups.assignmentCount
    product(
      experts.grouped.baseAddress, grouped: experts.groups,
      MatrixProduct.StackedTerm(linears: weights.gate, output: scratch.gate.baseAddress),
      MatrixProduct.StackedTerm(linears: weights.up, output: scratch.up.baseAddress))
    shape.activation.multiply(
      scratch.gate.baseAddress, by: scratch.up.baseAddress, count: count * shape.size, pool: pool)
    product(
      scratch.gate.baseAddress, grouped: experts.groups,
      MatrixProduct.StackedTerm(linears: weights.down, output: experts.grouped.baseAddress))
    combine(shape, rows: rows)
  }

  /// Scores of all rows of `scratch.normed`, and from them each row's experts and weights, and the groups.
  func choose(_ shape: ExpertsShape, _ weights: ExpertWeights<PackedMatrix>, rows: Int) {
    let scores = experts.scores.baseAddress
    let router = MatrixProduct.Term(linear: weights.router, output: scores)
    if let shared = weights.shared?.router {
      product(
        scratch.normed.baseAddress, rows: rows, router,
        MatrixProduct.Term(linear: shared, output: experts.sharedScores.baseAddress))
    } else {
      product(scratch.normed.baseAddress, rows: rows, router)
    }
    let rule = ExpertRouter(
      expertCount: shape.expertCount, usedCount: shape.usedCount, rule: shape.router, choiceBias: weights.choiceBias,
      weightScales: weights.weightScales)
    let (chosen, weights) = (experts.chosen.baseAddress, experts.weights.baseAddress)
    pool.forEachSlice(of: rows) { slice, _ in
      for row in slice {
        let first = row * shape.usedCount
        rule.choose(scores + row * shape.expertCount, into: chosen + first, weights + first)
      }
    }
    experts.groups.group(
      experts.chosen, rowCount: rows, usedCount: shape.usedCount, expertCount: shape.expertCount)
  }

  /// Where the shared expert's output goes: behind those of the others.
  private func sharedOutput(_ shape: ExpertsShape, rows: Int) -> UnsafeMutablePointer<Float> {
    experts.grouped.baseAddress + rows * shape.usedCount * hiddenSize
  }

  private func forward(
    _ shape: SharedExpertShape, _ activation: Activation, _ weights: SharedExpertWeights<PackedMatrix>, rows: Int,
    into output: UnsafeMutablePointer<Float>
  ) {
    let (gate, up) = (scratch.gate.baseAddress, scratch.up.baseAddress)
    product(
      scratch.normed.baseAddress, rows: rows, MatrixProduct.Term(linear: weights.gate, output: gate),
      MatrixProduct.Term(linear: weights.up, output: up))
    activation.multiply(gate, by: up, count: rows * shape.size, pool: pool)
    product(gate, rows: rows, MatrixProduct.Term(linear: weights.down, output: output))
    guard shape.isGated else { return }
    let scores = experts.sharedScores.baseAddress
    for row in 0..<rows { scores[row] = 1 / (1 + lh_exp(-scores[row])) }
  }

  /// Copies each row's input to its places.
  private func gather() {
    let (groups, input, grouped) = (experts.groups, scratch.normed.baseAddress, experts.grouped.baseAddress)
    pool.forEachSlice(of: groups.assignmentCount) { places, _ in
      for place in places {
        (grouped + place * hiddenSize).update(from: input + groups.row(of: place) * hiddenSize, count: hiddenSize)
      }
    }
  }

  /// `scratch.output`, which lies where the inputs did.
  private func combine(_ shape: ExpertsShape, rows: Int) {
    let (groups, weights, scores) = (experts.groups, experts.weights.baseAddress, experts.sharedScores.baseAddress)
    let (grouped, output, size) = (experts.grouped.baseAddress, scratch.output, hiddenSize)
    let shared = sharedOutput(shape, rows: rows)
    pool.forEachSlice(of: rows) { slice, _ in
      for row in slice {
        let sum = output + row * size
        sum.update(repeating: 0, count: size)
        for assignment in row * shape.usedCount..<(row + 1) * shape.usedCount {
          lh_add_scaled(sum, grouped + groups.place(of: assignment) * size, weights[assignment], Int64(size))
        }
        guard let expert = shape.shared else { continue }
        lh_add_scaled(sum, shared + row * size, expert.isGated ? scores[row] : 1, Int64(size))
      }
    }
  }
}
