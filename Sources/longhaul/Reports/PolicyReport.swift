import Core

/// The SelfExtend policy of a sequence.
struct PolicyReport: Encodable, Sendable {
  let groupSize: Int
  let neighborWindow: Int
  let trainedLength: Int

  init(_ policy: PositionPolicy) {
    groupSize = policy.groupSize
    neighborWindow = policy.neighborWindow
    trainedLength = policy.trainedLength
  }
}
