/// Top-n-sigma: keeps the logits within so many standard deviations of the largest (Tang et al., 2024). Summed in
/// double precision in the order of ids.
enum SigmaFilter {
  /// - Parameter maximum: the largest logit.
  static func apply(_ count: Float, maximum: Float, to logits: UnsafeMutableBufferPointer<Float>) {
    var sum = 0.0
    var finite = 0.0
    for logit in logits where logit.isFinite {
      sum += Double(logit)
      finite += 1
    }
    guard finite > 0 else { return }
    let mean = sum / finite
    var squares = 0.0
    for logit in logits where logit.isFinite { squares += (Double(logit) - mean) * (Double(logit) - mean) }
    let least = Double(maximum) - Double(count) * (squares / finite).squareRoot()
    for index in logits.indices where Double(logits[index]) < least { logits[index] = -.infinity }
  }
}
