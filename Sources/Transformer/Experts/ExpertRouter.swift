import CKernels
import Core

/// Chooses a row's experts by the router's scores and weighs them.
struct ExpertRouter {
  let expertCount: Int
  let usedCount: Int
  let rule: RouterRule
  /// Added to scores where experts are chosen; only where the rule is a sigmoid.
  let choiceBias: [Float]?

  /// - Parameters:
  ///   - scores: `[expertCount]`, `W · x`; the sigmoid's results replace them where the rule is one.
  ///   - experts: takes the chosen experts, ascending.
  ///   - weights: takes their weights.
  func choose(
    _ scores: UnsafeMutablePointer<Float>, into experts: UnsafeMutablePointer<Int32>,
    _ weights: UnsafeMutablePointer<Float>
  ) {
    if case .sigmoid = rule.weighting {
      for expert in 0..<expertCount { scores[expert] = 1 / (1 + lh_exp(-scores[expert])) }
    }
    let last = lastChosen(scores)
    var count = 0
    for expert in 0..<expertCount where count < usedCount && !isBefore(last, expert, scores) {
      experts[count] = Int32(expert)
      count += 1
    }
    weigh(scores, experts, weights)
  }

  /// The expert that is chosen last. One after the other is found: of those behind the one before, the first.
  private func lastChosen(_ scores: UnsafePointer<Float>) -> Int {
    var last: Int?
    for _ in 0..<usedCount {
      var next: Int?
      for expert in 0..<expertCount {
        if let last, !isBefore(last, expert, scores) { continue }
        if let found = next, !isBefore(expert, found, scores) { continue }
        next = expert
      }
      last = next
    }
    return last ?? expertCount - 1
  }

  /// Whether an expert is chosen before another: by its score, the lower index where two are alike; without a score
  /// (NaN) last.
  private func isBefore(_ first: Int, _ second: Int, _ scores: UnsafePointer<Float>) -> Bool {
    func score(_ expert: Int) -> Float {
      let score = scores[expert] + (choiceBias?[expert] ?? 0)
      return score.isNaN ? -.infinity : score
    }
    let (a, b) = (score(first), score(second))
    return a != b ? a > b : first < second
  }

  /// Sums are in double precision, over ascending experts.
  private func weigh(
    _ scores: UnsafePointer<Float>, _ experts: UnsafePointer<Int32>, _ weights: UnsafeMutablePointer<Float>
  ) {
    var divisor = 1.0
    switch rule.weighting {
    case .softmaxOfAll, .softmaxOfChosen:
      let greatest = lh_maximum(scores, Int64(expertCount))
      for index in 0..<usedCount { weights[index] = lh_exp(scores[Int(experts[index])] - greatest) }
      divisor =
        rule.weighting == .softmaxOfAll ? lh_sum_exp(scores, Int64(expertCount), greatest) : sum(weights)
    case .sigmoid(let normalizes):
      for index in 0..<usedCount { weights[index] = scores[Int(experts[index])] }
      // What is added keeps the quotient finite where all are zero, and changes no other.
      if normalizes { divisor = sum(weights) + 1e-20 }
    case .sparseMixer(let jitter):
      precondition(usedCount == 2, "SparseMixer chooses two experts")
      let first = isBefore(Int(experts[0]), Int(experts[1]), scores) ? 0 : 1
      weights[first] = share(of: Int(experts[first]), without: nil, scores, jitter: jitter)
      weights[1 - first] = share(of: Int(experts[1 - first]), without: Int(experts[first]), scores, jitter: jitter)
    }
    for index in 0..<usedCount { weights[index] = Float(Double(weights[index]) / divisor) * rule.scale }
  }

  /// An expert's part in the softmax over those that come near it, but one.
  private func share(of chosen: Int, without other: Int?, _ scores: UnsafePointer<Float>, jitter: Float) -> Float {
    let greatest = scores[chosen]
    var sum = 0.0
    for expert in 0..<expertCount where expert != other {
      let score = scores[expert]
      // The chosen one is near itself even where all scores are zero, which makes no number of the quotient.
      let isFar = (greatest - score) / max(abs(score), greatest) > 2 * jitter
      if !isFar { sum += Double(lh_exp(score - greatest)) }
    }
    return Float(1 / sum)
  }

  private func sum(_ weights: UnsafePointer<Float>) -> Double {
    var sum = 0.0
    for index in 0..<usedCount { sum += Double(weights[index]) }
    return sum
  }
}
