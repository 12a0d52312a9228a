import CKernels
package import Core

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// Log-probabilities of one row of logits, under the model itself (no temperature, no filter).
package struct Logprobs {
  private let logits: UnsafeBufferPointer<Float>
  /// log of the sum of all exponentials.
  private let logTotal: Double

  /// The row must outlive this value.
  package init(_ logits: UnsafeBufferPointer<Float>) {
    self.logits = logits
    let maximum = lh_maximum(logits.baseAddress, Int64(logits.count))
    logTotal = Double(maximum) + log(lh_sum_exp(logits.baseAddress, Int64(logits.count), maximum))
  }

  package func logprob(of token: TokenID) -> Float { Float(Double(logits[Int(token)]) - logTotal) }

  /// The `count` likeliest tokens, likeliest first, lowest id first on ties.
  package func top(_ count: Int) -> [TokenLogprob] {
    guard count > 0 else { return [] }
    var best: [TokenID] = []
    for token in 0..<TokenID(logits.count) {
      let logit = logits[Int(token)]
      if best.count == count, let last = best.last, logits[Int(last)] >= logit { continue }
      let place = best.firstIndex { logits[Int($0)] < logit } ?? best.endIndex
      best.insert(token, at: place)
      if best.count > count { best.removeLast() }
    }
    return best.map { TokenLogprob(token: $0, logprob: logprob(of: $0)) }
  }
}
