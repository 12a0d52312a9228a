import Core

/// The policy of a sequence; numbers that its method has not are absent.
struct PolicyReport: Encodable, Sendable {
  /// `plain`, `self-extend`, `rerope`, `string`, `jet-long` or `self`.
  let method: String
  let groupSize: Int?
  let neighborWindow: Int?
  let farStart: Int?
  let trainedLength: Int
  private let policy: PositionPolicy

  private enum CodingKeys: CodingKey { case method, groupSize, neighborWindow, farStart, trainedLength }

  init(_ policy: PositionPolicy) {
    self.policy = policy
    method = policy.methodName
    groupSize = policy[.groupSize]
    neighborWindow = policy[.neighborWindow]
    farStart = policy[.farStart]
    trainedLength = policy.trainedLength
  }

  /// As `--policy` takes it.
  var name: String { policy.name }
  /// As a phrase.
  var phrase: String { policy.phrase }
}
