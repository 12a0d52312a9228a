import Inference

extension PolicyRequest {
  /// Asks for just this policy.
  init(_ policy: SelfExtendPolicy) {
    self.init(groupSize: policy.groupSize, neighborWindow: policy.neighborWindow)
  }
}
