import Core
import Tensors

/// The norms of hidden states, and what a part reads where it reads none.
struct Norm {
  let scratch: ForwardScratch
  let hiddenSize: Int
  let pool: ComputePool

  /// `scratch.normed = norm(scratch.hidden)`.
  func normalize(_ kind: NormKind, _ weights: NormWeights, rows: Int) {
    let (hidden, normed) = (scratch.hidden.baseAddress, scratch.normed.baseAddress)
    pool.forEachSlice(of: rows, granularity: 1) { slice, _ in
      for row in slice { kind.apply(to: hidden + row * hiddenSize, weights, into: normed + row * hiddenSize) }
    }
  }

  /// `scratch.output = norm(scratch.output)`.
  func normalizeOutput(_ kind: NormKind, _ weights: NormWeights, rows: Int) {
    let output = scratch.output
    pool.forEachSlice(of: rows, granularity: 1) { slice, _ in
      for row in slice { kind.apply(to: output + row * hiddenSize, weights, into: output + row * hiddenSize) }
    }
  }

  /// `scratch.normed = scratch.hidden`.
  func passHidden(rows: Int) { copy(scratch.hidden.baseAddress, to: scratch.normed.baseAddress, rows: rows) }

  /// `scratch.kept = scratch.normed`.
  func keep(rows: Int) { copy(scratch.normed.baseAddress, to: scratch.kept.baseAddress, rows: rows) }

  /// `scratch.normed = scratch.kept`.
  func takeKept(rows: Int) { copy(scratch.kept.baseAddress, to: scratch.normed.baseAddress, rows: rows) }

  private func copy(_ source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>, rows: Int) {
    pool.forEachSlice(of: rows * hiddenSize, granularity: 1024) { slice, _ in
      (target + slice.lowerBound).update(from: source + slice.lowerBound, count: slice.count)
    }
  }
}
