import Core
import Scheduling

/// The traces of the generations that wait or run, and of the last that ended.
struct RequestTraces: Sendable {
  /// Traces of ended generations that are kept.
  static let capacity = 256

  /// What a step in flight carries of one generation.
  private struct Part {
    let sequence: SequenceID
    let tokenCount: Int
    let isDecode: Bool
  }

  private var current: [SequenceID: RequestTrace] = [:]
  private var ended: [RequestTrace] = []
  /// Of all that ended, those dropped included.
  private var endedCount = 0
  private var inFlight: [UInt64: [Part]] = [:]

  /// A request without an id leaves no trace.
  mutating func begin(_ request: GenerationRequest, as sequence: SequenceID, now: Duration) {
    guard let id = request.id else { return }
    current[sequence] = RequestTrace(request, id: id, as: sequence, now: now)
  }

  mutating func noteSent(_ plan: StepPlan, now: Duration) {
    guard !current.isEmpty else { return }
    for entry in plan.entries where current[entry.sequence]?.hasBegun == false {
      current[entry.sequence]?.note(.begun, now: now)
      current[entry.sequence]?.cachedTokenCount = entry.opening?.cachedPrefix?.tokenCount ?? 0
    }
    inFlight[plan.step] = plan.entries.enumerated().compactMap { index, entry in
      guard current[entry.sequence] != nil else { return nil }
      return Part(sequence: entry.sequence, tokenCount: entry.tokens.count, isDecode: index < plan.decodeCount)
    }
  }

  mutating func noteCompleted(_ step: UInt64, _ timings: [StageTiming]) {
    for part in inFlight.removeValue(forKey: step) ?? [] {
      current[part.sequence]?.add(timings, tokenCount: part.tokenCount, isDecode: part.isDecode)
    }
  }

  mutating func noteToken(_ sequence: SequenceID, now: Duration) {
    current[sequence]?.noteToken(now: now)
  }

  /// The plan has ended: its steps in flight will not be completed.
  mutating func noteInterrupted(now: Duration) {
    inFlight = [:]
    noteAll(.interrupted, now)
  }

  mutating func noteResumed(now: Duration) { noteAll(.resumed, now) }

  /// Of those that had begun: the others wait all the same.
  private mutating func noteAll(_ moment: RequestTrace.Moment, _ now: Duration) {
    for sequence in current.keys where current[sequence]?.hasBegun == true {
      current[sequence]?.note(moment, now: now)
    }
  }

  mutating func end(_ sequence: SequenceID, _ outcome: String, now: Duration) {
    guard var trace = current.removeValue(forKey: sequence) else { return }
    trace.end(outcome, now: now)
    // Dropped by the half, so that an end costs no shift.
    if ended.count >= 2 * Self.capacity { ended.removeFirst(Self.capacity) }
    ended.append(trace)
    endedCount += 1
  }

  /// Traces of the generations that ended after the first `cursor` ones, at most `limit`, in the order of their ends;
  /// and how many of them were dropped before.
  func ended(after cursor: Int, limit: Int) -> (traces: ArraySlice<RequestTrace>, missedCount: Int) {
    let wanted = max(0, endedCount - cursor)
    return (ended.suffix(wanted).prefix(limit), max(0, wanted - ended.count))
  }

  /// The traces of a request, in the order in which its generations were submitted. Empty for one that is unknown, or
  /// another key's.
  func traces(of id: String, key: Int) -> [RequestTrace] {
    (ended.suffix(Self.capacity) + current.values).filter { $0.id == id && $0.key == key }
      .sorted { $0.sequence.rawValue < $1.sequence.rawValue }
  }
}
