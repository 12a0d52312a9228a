import CKernels
import Core

/// Chooses a row's experts by the router's scores and weighs them.
struct ExpertRouter {
  let expertCount: Int
  let usedCount: Int
  let rule: RouterRule
  /// Added to scores where experts are chosen; only where the rule is a sigmoid.
  let choiceBias: [Float]?
  /// What experts' weights are multiplied by at last; nil leaves them as they are.
  var weightScales: [Float]?

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
    let groups = chosenGroups(scores)
    let last = lastChosen(scores, in: groups)
    var count = 0
    for expert in 0..<expertCount where count < usedCount && !isBefore(last, expert, scores) {
      guard isOne(expert, of: groups) else { continue }
      experts[count] = Int32(expert)
      count += 1
    }
    weigh(scores, experts, weights)
  }

  /// The groups that experts are chosen of, a bit each.
  private func chosenGroups(_ scores: UnsafePointer<Float>) -> UInt64 {
    guard let groups = rule.groups else { return .max }
    var chosen: UInt64 = 0
    for _ in 0..<groups.usedCount {
      var best: (group: Int, worth: Float)?
      for group in 0..<groups.count where chosen >> UInt64(group) & 1 == 0 {
        let worth = worth(ofGroup: group, of: groups.count, scores)
        if let best, !(worth > best.worth) { continue }
        best = (group, worth)
      }
      if let best { chosen |= 1 << UInt64(best.group) }
    }
    return chosen
  }

  /// What a group is chosen by.
  private func worth(ofGroup group: Int, of count: Int, _ scores: UnsafePointer<Float>) -> Float {
    let size = expertCount / count
    var (best, second) = (-Float.infinity, -Float.infinity)
    for expert in group * size..<(group + 1) * size {
      let worth = worth(of: expert, scores)
      if worth > best {
        (best, second) = (worth, best)
      } else {
        second = max(second, worth)
      }
    }
    guard case .sigmoid = rule.weighting, size > 1 else { return best }
    return best + second
  }

  private func isOne(_ expert: Int, of groups: UInt64) -> Bool {
    guard let count = rule.groups?.count else { return true }
    return groups >> UInt64(expert / (expertCount / count)) & 1 == 1
  }

  /// The expert that is chosen last. One after the other is found: of those behind the one before, the first.
  private func lastChosen(_ scores: UnsafePointer<Float>, in groups: UInt64) -> Int {
    var last: Int?
    for _ in 0..<usedCount {
      var next: Int?
      for expert in 0..<expertCount where isOne(expert, of: groups) {
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
    let (a, b) = (worth(of: first, scores), worth(of: second, scores))
    return a != b ? a > b : first < second
  }

  /// What an expert is chosen by.
  private func worth(of expert: Int, _ scores: UnsafePointer<Float>) -> Float {
    let score = scores[expert] + (choiceBias?[expert] ?? 0)
    return score.isNaN ? -.infinity : score
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
    guard let weightScales else { return }
    for index in 0..<usedCount { weights[index] *= weightScales[Int(experts[index])] }
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
