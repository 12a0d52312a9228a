/// Measures how fast memory for packed weights is allocated, and decides when loading stops waiting for it.
///
/// Memory that a machine has at hand comes at more than 10 GB/s. Where its hypervisor took free memory back, a huge
/// page has to be brought first, which takes fifty times as long, and nothing in the machine can hurry it.
package struct AllocationMonitor: Sendable {
  /// What a start may wait for memory in any case.
  private let patience: Double
  /// And for each byte.
  private let secondsPerByte: Double
  private var seconds = 0.0
  private var byteCount = 0

  /// - Parameters:
  ///   - patience: seconds that a start may wait for memory in any case.
  ///   - bytesPerSecond: what is no waiting at all.
  package init(patience: Double = 0.015, bytesPerSecond: Double = 8e9) {
    self.patience = patience
    secondsPerByte = 1 / bytesPerSecond
  }

  /// So many bytes of memory took so long to come.
  package mutating func note(byteCount: Int, seconds: Double) {
    self.byteCount += byteCount
    self.seconds += seconds
  }

  /// Whether the wait is longer than what can be gained by it soon.
  package var isSlow: Bool { seconds > patience + Double(byteCount) * secondsPerByte }
}
