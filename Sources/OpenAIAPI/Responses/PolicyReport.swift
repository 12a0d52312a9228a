import Core

/// The `policy` field: how SelfExtend grouped this request's positions, and the arithmetic of attention.
struct PolicyReport: Encodable, Hashable, Sendable {
  let choice: PolicyChoice

  private enum Field: String, CodingKey {
    case groupSize = "group_size"
    case neighborWindow = "neighbor_window"
    case trainedLength = "trained_length"
    case attention
    case warning
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(choice.policy.groupSize, forKey: .groupSize)
    try fields.encode(choice.policy.neighborWindow, forKey: .neighborWindow)
    try fields.encode(choice.policy.trainedLength, forKey: .trainedLength)
    try fields.encode(choice.attention.rawValue, forKey: .attention)
    try fields.encodeIfPresent(choice.warning, forKey: .warning)
  }
}
