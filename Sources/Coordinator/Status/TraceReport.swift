import Core

/// The body of `/trace/{id}`. Names of fields are part of the API (`deploy/api.md`). Seconds are since the request was
/// submitted, unless a name says otherwise.
package struct TraceReport: Encodable, Sendable {
  let id: String
  let generations: [Generation]

  struct Generation: Encodable, Sendable {
    let sequence: UInt64
    /// `waiting`, `running`, or why it ended.
    let state: String
    let promptTokens: Int
    let cachedTokens: Int
    /// Nil until its first step was sent.
    let queueSeconds: Double?
    /// From the first step to the first token; nil before that.
    let prefillSeconds: Double?
    /// From the first token to the end; nil before that.
    let decodeSeconds: Double?
    let prefill: Phase
    let decode: Phase
    let events: [Event]

    private enum CodingKeys: String, CodingKey {
      case sequence, state, prefill, decode, events
      case promptTokens = "prompt_tokens"
      case cachedTokens = "cached_tokens"
      case queueSeconds = "queue_seconds"
      case prefillSeconds = "prefill_seconds"
      case decodeSeconds = "decode_seconds"
    }
  }

  struct Phase: Encodable, Sendable {
    let steps: Int
    let tokens: Int
    let stages: [Stage]
  }

  /// What a stage spent in the steps of a phase.
  struct Stage: Encodable, Sendable {
    let compute: Double
    let transfer: Double
    let wait: Double

    private enum CodingKeys: String, CodingKey {
      case compute = "compute_seconds"
      case transfer = "transfer_seconds"
      case wait = "wait_seconds"
    }
  }

  struct Event: Encodable, Sendable {
    let time: Double
    let kind: String
  }
}

extension TraceReport {
  /// Nil where there are none.
  init?(id: String, _ traces: [RequestTrace]) {
    guard !traces.isEmpty else { return nil }
    self.init(id: id, generations: traces.map { Generation($0) })
  }
}

extension TraceReport.Generation {
  init(_ trace: RequestTrace) {
    let submitted = trace.time(of: .submitted) ?? .zero
    let (begun, first, ended) = (trace.time(of: .begun), trace.time(of: .firstToken), trace.time(of: .ended))
    self.init(
      sequence: trace.sequence.rawValue, state: trace.outcome ?? (trace.hasBegun ? "running" : "waiting"),
      promptTokens: trace.promptTokenCount, cachedTokens: trace.cachedTokenCount,
      queueSeconds: begun.map { ($0 - submitted).inSeconds },
      prefillSeconds: begun.flatMap { begun in first.map { ($0 - begun).inSeconds } },
      decodeSeconds: first.flatMap { first in ended.map { ($0 - first).inSeconds } },
      prefill: .init(trace.prefill), decode: .init(trace.decode),
      events: trace.moments.map { .init(time: ($0.time - submitted).inSeconds, kind: $0.moment.rawValue) })
  }
}

extension TraceReport.Phase {
  init(_ phase: RequestTrace.Phase) {
    self.init(
      steps: phase.stepCount, tokens: phase.tokenCount,
      stages: phase.stages.map {
        .init(compute: $0.computeSeconds, transfer: $0.transferSeconds, wait: $0.waitSeconds)
      })
  }
}
