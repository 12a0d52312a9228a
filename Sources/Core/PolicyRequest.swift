/// What the user asks of SelfExtend; nil means automatic.
package struct PolicyRequest: Hashable, Sendable {
  package var groupSize: Int?
  package var neighborWindow: Int?
  /// Whether a group size asked for is left alone within the trained length, where plain attention is exactly the base
  /// model. Set for a cluster's standing policy, not for what a request asks.
  package var keepsShortTextPlain: Bool
  package init(groupSize: Int? = nil, neighborWindow: Int? = nil, keepsShortTextPlain: Bool = false) {
    self.groupSize = groupSize
    self.neighborWindow = neighborWindow
    self.keepsShortTextPlain = keepsShortTextPlain
  }
}
