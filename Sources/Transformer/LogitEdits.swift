import Core

/// Changes of single tokens' logits that a request asks for.
enum LogitEdits {
  /// - Parameter answerIndex: how many tokens of the answer come before the one to draw.
  static func apply(
    _ parameters: SamplingParameters, answerIndex: Int, to logits: UnsafeMutableBufferPointer<Float>
  ) {
    for edit in parameters.logitBiases where Int(edit.token) < logits.count { logits[Int(edit.token)] += edit.bias }
    guard answerIndex < parameters.minimumNewTokens else { return }
    for token in parameters.endTokens where Int(token) < logits.count { logits[Int(token)] = -.infinity }
  }
}
