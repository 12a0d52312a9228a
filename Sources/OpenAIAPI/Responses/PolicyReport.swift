import Core

/// The `policy` field: the method that gave grouped keys of this request their positions, with its numbers, and the
/// arithmetic of attention.
struct PolicyReport: Encodable, Hashable, Sendable {
  let choice: PolicyChoice

  private enum Field: String, CodingKey {
    case method
    case groupSize = "group_size"
    case neighborWindow = "neighbor_window"
    case farStart = "far_start"
    case trainedLength = "trained_length"
    case attention
    case warning
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(choice.policy.methodName, forKey: .method)
    try fields.encodeIfPresent(choice.policy[.groupSize], forKey: .groupSize)
    try fields.encodeIfPresent(choice.policy[.neighborWindow], forKey: .neighborWindow)
    try fields.encodeIfPresent(choice.policy[.farStart], forKey: .farStart)
    try fields.encode(choice.policy.trainedLength, forKey: .trainedLength)
    try fields.encode(choice.attention.rawValue, forKey: .attention)
    try fields.encodeIfPresent(choice.warning, forKey: .warning)
  }
}
