import Core

/// Divides the compute thread's time into waiting, computing and handling frames, step by step.
struct StageClock {
  /// End of the previous step: its frames were handed over.
  private var idleSince = ContinuousClock.now
  private var arrival = ContinuousClock.now
  private var computed = Duration.zero
  /// What the previous step's frames took after its own timing was written into them.
  private var carried = Duration.zero
  private var sentByteCount = 0

  /// A frame was taken from the queue.
  mutating func arrive() {
    arrival = .now
    computed = .zero
  }

  /// Runs a piece of computing.
  mutating func computing<Result>(_ body: () throws -> Result) rethrows -> Result {
    let start = ContinuousClock.now
    defer { computed += .now - start }
    return try body()
  }

  /// What the step took so far, for the frame that reports it.
  func timing(rowCount: Int) -> StageTiming {
    StageTiming(
      waitNanoseconds: (arrival - idleSince).inNanoseconds, computeNanoseconds: computed.inNanoseconds,
      transferNanoseconds: (.now - arrival - computed + carried).inNanoseconds, sentByteCount: sentByteCount,
      rowCount: rowCount)
  }

  /// Runs what makes and hands over the step's frames; it returns their bytes.
  mutating func sending(_ body: () throws -> Int) rethrows {
    let start = ContinuousClock.now
    sentByteCount = try body()
    idleSince = .now
    carried = idleSince - start
  }
}

extension Duration {
  /// Never negative, since it goes over the wire as a count.
  fileprivate var inNanoseconds: Int { max(0, Int(inSeconds * 1e9)) }
}
