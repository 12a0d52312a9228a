import Core

/// What the last steps took on every stage, and what all of them computed. Times are since the engine's start.
struct StepHistory: Sendable {
  /// Steps that are kept: some seconds of a small model, minutes of a large one.
  static let capacity = 512

  /// What a step carries.
  struct Rows: Hashable, Sendable {
    var decodeCount: Int
    var prefillCount: Int
  }

  struct Step: Sendable {
    /// Counts from 1 over all plans.
    let number: UInt64
    let rows: Rows
    let sent: Duration
    let completed: Duration
    /// By place in the pipeline.
    let timings: [StageTiming]
  }

  /// Since the engine's start.
  struct Totals: Hashable, Sendable {
    var stepCount: UInt64 = 0
    var prefillTokenCount = 0
    var generatedTokenCount = 0
  }

  private(set) var totals = Totals()
  private var steps: [Step] = []
  private var inFlight: [UInt64: (rows: Rows, sent: Duration)] = [:]

  /// - Parameter step: its number in the plan.
  mutating func noteSent(_ step: UInt64, _ rows: Rows, now: Duration) { inFlight[step] = (rows, now) }

  mutating func noteCompleted(_ step: UInt64, timings: [StageTiming], generatedTokenCount: Int, now: Duration) {
    guard let (rows, sent) = inFlight.removeValue(forKey: step) else { return }
    totals.stepCount += 1
    totals.prefillTokenCount += rows.prefillCount
    totals.generatedTokenCount += generatedTokenCount
    // Dropped by the half, so that a step costs no shift.
    if steps.count >= 2 * Self.capacity { steps.removeFirst(Self.capacity) }
    steps.append(Step(number: totals.stepCount, rows: rows, sent: sent, completed: now, timings: timings))
  }

  /// The plan has ended: its steps in flight will not be completed.
  mutating func forgetInFlight() { inFlight = [:] }

  /// Completed steps after one, oldest first.
  func steps(after number: UInt64) -> ArraySlice<Step> {
    steps.suffix(Self.capacity).drop { $0.number <= number }
  }
}
