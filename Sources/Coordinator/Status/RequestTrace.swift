import Core

/// Where the time of one generation went, by phase and stage. No text is in it. Times are since the engine's start.
struct RequestTrace: Sendable {
  /// The steps of a phase that carried something of the generation. Steps overlap in the pipeline.
  struct Phase: Sendable {
    var stepCount = 0
    var tokenCount = 0
    /// Of these steps, by place in the pipeline; other sequences in a step are in its time, too.
    var stages: [StageTotals] = []

    mutating func add(_ timings: [StageTiming], tokenCount: Int) {
      stepCount += 1
      self.tokenCount += tokenCount
      for (index, timing) in timings.enumerated() {
        if index == stages.count { stages.append(StageTotals()) }
        stages[index].add(timing)
      }
    }
  }

  enum Moment: String, Sendable {
    case submitted
    /// Its first step was sent: until then it waited for room.
    case begun
    case firstToken = "first_token"
    /// A plan ended while it ran.
    case interrupted
    /// The next plan serves.
    case resumed
    case ended
  }

  /// Moments that are kept: a cluster that fails again and again ends a request long before.
  static let momentLimit = 64

  /// The outcome of a generation whose client has disconnected.
  static let abandoned = "the client has gone"

  /// The HTTP request's. Several answers to one request have the same.
  let id: String
  let sequence: SequenceID
  /// The place of the API key in the server's list; 0 without keys.
  let key: Int
  let identity: TraceIdentity
  let promptTokenCount: Int
  var cachedTokenCount = 0
  private(set) var newTokenCount = 0
  private(set) var moments: [(moment: Moment, time: Duration)]
  private(set) var prefill = Phase()
  private(set) var decode = Phase()
  /// Why it ended; nil while it runs or waits.
  private(set) var outcome: String?

  init(_ request: GenerationRequest, id: String, as sequence: SequenceID, now: Duration) {
    (self.id, self.sequence, key, promptTokenCount) = (id, sequence, request.tenant.key, request.prompt.count)
    identity = TraceIdentity(request.traceParent)
    moments = [(.submitted, now)]
  }

  mutating func note(_ moment: Moment, now: Duration) {
    if moments.count < Self.momentLimit { moments.append((moment, now)) }
  }

  mutating func add(_ timings: [StageTiming], tokenCount: Int, isDecode: Bool) {
    if isDecode {
      decode.add(timings, tokenCount: tokenCount)
    } else {
      prefill.add(timings, tokenCount: tokenCount)
    }
  }

  mutating func noteToken(now: Duration) {
    newTokenCount += 1
    if newTokenCount == 1 { note(.firstToken, now: now) }
  }

  mutating func end(_ outcome: String, now: Duration) {
    self.outcome = outcome
    moments.append((.ended, now))
  }

  var hasBegun: Bool { moments.contains { $0.moment == .begun } }

  func time(of moment: Moment) -> Duration? { moments.first { $0.moment == moment }?.time }
}
