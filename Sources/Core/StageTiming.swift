/// What a stage's compute thread did from one step's frame to the next, in nanoseconds: the whole time, divided in
/// three.
package struct StageTiming: Hashable, Sendable {
  /// Waited for the step's frame: nothing to do, another stage was slower, or the frame was on its way.
  package var waitNanoseconds: Int
  /// In layers and head.
  package var computeNanoseconds: Int
  /// Handling frames: reading this step's, and making and handing over the previous step's. Sockets work beside it.
  package var transferNanoseconds: Int
  /// Bytes handed over with the previous step.
  package var sentByteCount: Int
  /// Rows computed in this step.
  package var rowCount: Int

  package init(
    waitNanoseconds: Int, computeNanoseconds: Int, transferNanoseconds: Int, sentByteCount: Int, rowCount: Int = 0
  ) {
    self.waitNanoseconds = waitNanoseconds
    self.computeNanoseconds = computeNanoseconds
    self.transferNanoseconds = transferNanoseconds
    self.sentByteCount = sentByteCount
    self.rowCount = rowCount
  }
}

/// Timings of a stage added up since its cluster began to serve. In `Double`, which no peer's numbers make overflow.
package struct StageTotals: Hashable, Sendable {
  package var waitSeconds = 0.0
  package var computeSeconds = 0.0
  package var transferSeconds = 0.0
  package var sentByteCount = 0.0
  package var rowCount = 0
  package var stepCount = 0

  package init() {}

  package mutating func add(_ timing: StageTiming) {
    waitSeconds += Double(timing.waitNanoseconds) * 1e-9
    computeSeconds += Double(timing.computeNanoseconds) * 1e-9
    transferSeconds += Double(timing.transferNanoseconds) * 1e-9
    sentByteCount += Double(timing.sentByteCount)
    rowCount += timing.rowCount
    stepCount += 1
  }

  /// What came since an earlier moment.
  package func since(_ earlier: StageTotals) -> StageTotals {
    var difference = self
    difference.waitSeconds -= earlier.waitSeconds
    difference.computeSeconds -= earlier.computeSeconds
    difference.transferSeconds -= earlier.transferSeconds
    difference.sentByteCount -= earlier.sentByteCount
    difference.rowCount -= earlier.rowCount
    difference.stepCount -= earlier.stepCount
    return difference
  }

  /// Both together.
  package func adding(_ other: StageTotals) -> StageTotals {
    var sum = self
    sum.waitSeconds += other.waitSeconds
    sum.computeSeconds += other.computeSeconds
    sum.transferSeconds += other.transferSeconds
    sum.sentByteCount += other.sentByteCount
    sum.rowCount += other.rowCount
    sum.stepCount += other.stepCount
    return sum
  }

  package var seconds: Double { waitSeconds + computeSeconds + transferSeconds }
}
