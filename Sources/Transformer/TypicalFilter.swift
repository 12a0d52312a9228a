/// Typical-p: keeps the tokens whose information is nearest to the expected one (Meister et al., 2022).
///
/// With s the scaled logits and p their softmax, a token's information is ln(sum of exp(s)) - s, so its distance
/// from the mean is |sum of p s - s|: no logarithm is taken. Summed in double precision in the order of ids.
struct TypicalFilter {
  private var logits: [Float] = []
  private var order: [Int32] = []

  /// Keeps the scaled logits, which the weights replace.
  mutating func note(_ scaled: UnsafeBufferPointer<Float>) {
    logits.removeAll(keepingCapacity: true)
    logits.append(contentsOf: scaled)
  }

  /// Sets the weights of all other tokens to 0.
  /// - Parameter weights: exp of the logits noted.
  mutating func apply(_ share: Float, to weights: UnsafeMutableBufferPointer<Float>) {
    var total = 0.0
    var sum = 0.0
    order.removeAll(keepingCapacity: true)
    for (index, weight) in weights.enumerated() where weight > 0 {
      total += Double(weight)
      sum += Double(weight) * Double(logits[index])
      order.append(Int32(index))
    }
    guard total > 0 else { return }
    let mean = sum / total
    let logits = logits
    order.sort { left, right in
      let (a, b) = (abs(mean - Double(logits[Int(left)])), abs(mean - Double(logits[Int(right)])))
      return a != b ? a < b : left < right
    }
    var mass = 0.0
    var kept = 0
    while kept < order.count, kept == 0 || mass < Double(share) * total {
      mass += Double(weights[Int(order[kept])])
      kept += 1
    }
    for token in order[kept...] { weights[Int(token)] = 0 }
  }
}
