import Core

extension PolicyRequest {
  /// A request for exactly this policy.
  init(_ policy: SelfExtendPolicy) {
    self.init(groupSize: policy.groupSize, neighborWindow: policy.neighborWindow)
  }
}
