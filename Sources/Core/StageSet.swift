/// Stages of a plan by their index, as bits; `Limits.maximumWorkerCount` of them at most.
package struct StageSet: Hashable, Sendable {
  package private(set) var rawValue: UInt64

  package init(rawValue: UInt64 = 0) { self.rawValue = rawValue }

  package init(_ stages: some Sequence<Int>) {
    self.init()
    for stage in stages { insert(stage) }
  }

  package var isEmpty: Bool { rawValue == 0 }
  package var count: Int { rawValue.nonzeroBitCount }
  /// One more than the last stage in it; 0 when it is empty.
  package var upperBound: Int { UInt64.bitWidth - rawValue.leadingZeroBitCount }

  /// False for what is no stage's index.
  package func contains(_ stage: Int) -> Bool {
    (0..<Limits.maximumWorkerCount).contains(stage) && rawValue & (1 << UInt64(stage)) != 0
  }

  /// - Precondition: the index is below `Limits.maximumWorkerCount`.
  package mutating func insert(_ stage: Int) {
    precondition((0..<Limits.maximumWorkerCount).contains(stage), "\(stage) is no stage's index")
    rawValue |= 1 << UInt64(stage)
  }
}
