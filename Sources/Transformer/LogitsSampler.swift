import CKernels
package import Inference

/// Draws a token from one row of logits. Deterministic: the same row, parameters and position give the same token.
///
/// Order: penalties, temperature, top-k, top-p, min-p, draw. Candidates are ordered by logit, lowest id first on
/// ties, so every filter keeps a prefix of one list.
package struct LogitsSampler {
  /// Copy of the row that penalties and temperature may change.
  private var scores: [Float]
  private var order: [Int32] = []

  package init(vocabularySize: Int) {
    scores = [Float](repeating: 0, count: vocabularySize)
    order.reserveCapacity(vocabularySize)
  }

  /// - Parameter position: of the token to draw, counted from the sequence's start.
  package mutating func sample(
    _ logits: UnsafeBufferPointer<Float>, parameters: SamplingParameters, history: TokenHistory, position: Int
  ) -> TokenID {
    precondition(logits.count == scores.count, "one logit a vocabulary entry")
    scores.withUnsafeMutableBufferPointer { copy in
      _ = copy.update(from: logits)
      if parameters.usesPenalties { history.penalize(copy, parameters) }
    }
    let best = scores.withUnsafeBufferPointer { lh_argmax($0.baseAddress, Int64($0.count)) }
    // No finite logit at all: the caller has refused the row; id 0 keeps this total.
    guard best >= 0 else { return 0 }
    if parameters.isGreedy { return TokenID(best) }

    let maximum = scores[Int(best)]
    let inverse = 1 / parameters.temperature
    for index in scores.indices { scores[index] = lh_exp((scores[index] - maximum) * inverse) }
    let uniform = CounterRandom(seed: parameters.seed).uniform(position: position)
    if parameters.topK == 0, parameters.topP >= 1, parameters.minP <= 0 {
      return draw(from: scores.indices.lazy.map { Int32($0) }, uniform: uniform, fallback: TokenID(best))
    }
    filter(parameters)
    return draw(from: order, uniform: uniform, fallback: TokenID(best))
  }

  /// Leaves in `order` the candidates that the filters keep, likeliest first. `scores` are weights relative to the
  /// best, 1.
  private mutating func filter(_ parameters: SamplingParameters) {
    order.removeAll(keepingCapacity: true)
    for index in scores.indices where scores[index] > 0 { order.append(Int32(index)) }
    order.sort { left, right in
      let (a, b) = (scores[Int(left)], scores[Int(right)])
      return a != b ? a > b : left < right
    }
    if parameters.topK > 0, order.count > parameters.topK { order.removeLast(order.count - parameters.topK) }
    if parameters.topP < 1 {
      let total = order.reduce(0.0) { $0 + Double(scores[Int($1)]) }
      var mass = 0.0
      var kept = 0
      while kept < order.count, kept == 0 || mass < Double(parameters.topP) * total {
        mass += Double(scores[Int(order[kept])])
        kept += 1
      }
      order.removeLast(order.count - kept)
    }
    if parameters.minP > 0 {
      while order.count > 1, let last = order.last, scores[Int(last)] < parameters.minP { order.removeLast() }
    }
  }

  /// The candidate at which the running weight passes `uniform` of the whole.
  private func draw(from candidates: some Sequence<Int32>, uniform: Double, fallback: TokenID) -> TokenID {
    var total = 0.0
    for candidate in candidates { total += Double(scores[Int(candidate)]) }
    let target = uniform * total
    var mass = 0.0
    var chosen = fallback
    for candidate in candidates where scores[Int(candidate)] > 0 {
      mass += Double(scores[Int(candidate)])
      chosen = candidate
      if mass > target { break }
    }
    return chosen
  }
}
