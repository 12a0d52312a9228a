/// The weights of a norm, converted to f32 and finite.
package struct NormWeights: Hashable, Sendable {
  /// `[n]`: what each number is multiplied by.
  package let weights: [Float]
  /// `[n]`: what is added then; nil adds nothing.
  package let bias: [Float]?

  package init(_ weights: [Float], bias: [Float]? = nil) {
    precondition(bias == nil || bias?.count == weights.count, "a norm has as many biases as weights")
    self.weights = weights
    self.bias = bias
  }
}
