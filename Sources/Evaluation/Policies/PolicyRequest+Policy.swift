import Core

extension PolicyRequest {
  /// A request for exactly this policy.
  init(_ policy: PositionPolicy) {
    self.init(groupSize: policy.groupSize, neighborWindow: policy.neighborWindow)
  }
}
