import Core
package import Telemetry

/// The spans of generations that ended, for a collector.
package struct EndedSpans: Sendable {
  /// Generations in one answer, so that a collector is not sent too much at once.
  static let traceLimit = 64

  package let spans: [Span]
  /// Where to go on: the generations that had ended.
  package let cursor: Int
  /// Generations whose traces were dropped before they were asked for.
  package let missedCount: Int
}

extension RequestTrace {
  /// The generation as a span, with a child a phase and in it one a stage. Attributes that OpenTelemetry names have its
  /// names (semantic conventions for generative AI); the others begin with `longhaul.`. Steps overlap in the pipeline:
  /// a stage's span is as long as its phase, and its attributes say what the stage spent. Empty before the end.
  /// - Parameters:
  ///   - model: the name that clients use.
  ///   - start: when the engine started, in nanoseconds since 1970.
  func spans(model: String, engineStart start: UInt64) -> [Span] {
    guard let outcome, let submitted = time(of: .submitted), let ended = time(of: .ended) else { return [] }
    func nanoseconds(_ time: Duration) -> UInt64 { start &+ UInt64(max(0, time / .nanoseconds(1))) }
    var root = Span(
      trace: identity.trace, id: identity.span(0), parent: identity.parent, name: "generate \(model)",
      start: nanoseconds(submitted), end: nanoseconds(ended))
    root.kind = .server
    root.attributes = [
      ("gen_ai.operation.name", .text("generate_content")), ("gen_ai.request.model", .text(model)),
      ("gen_ai.usage.input_tokens", .count(promptTokenCount)), ("gen_ai.usage.output_tokens", .count(newTokenCount)),
      ("longhaul.request.id", .text(id)), ("longhaul.cached_tokens", .count(cachedTokenCount)),
      ("longhaul.outcome", .text(outcome)),
    ]
    if let first = time(of: .firstToken) {
      root.attributes.append(("gen_ai.server.time_to_first_token", .seconds((first - submitted).inSeconds)))
    }
    if FinishReason(rawValue: outcome) == nil, outcome != Self.abandoned { root.failure = outcome }
    root.events = moments.filter { [.interrupted, .resumed].contains($0.moment) }
      .map { .init(time: nanoseconds($0.time), name: $0.moment.rawValue) }
    var spans = [root]
    let begun = time(of: .begun) ?? ended
    let first = time(of: .firstToken) ?? ended
    for part in [
      (name: "queue", phase: Phase?.none, from: submitted, to: begun), ("prefill", prefill, begun, first),
      ("decode", decode, first, ended),
    ] where part.from < part.to {
      var span = Span(
        trace: identity.trace, id: identity.span(spans.count), parent: root.id, name: part.name,
        start: nanoseconds(part.from), end: nanoseconds(part.to))
      span.attributes =
        part.phase.map { [("longhaul.steps", .count($0.stepCount)), ("longhaul.tokens", .count($0.tokenCount))] } ?? []
      spans.append(span)
      for (index, stage) in (part.phase?.stages ?? []).enumerated() {
        var child = Span(
          trace: identity.trace, id: identity.span(spans.count), parent: span.id, name: "\(part.name) stage \(index)",
          start: span.start, end: span.end)
        child.attributes = [
          ("longhaul.compute_seconds", .seconds(stage.computeSeconds)),
          ("longhaul.transfer_seconds", .seconds(stage.transferSeconds)),
          ("longhaul.wait_seconds", .seconds(stage.waitSeconds)),
        ]
        spans.append(child)
      }
    }
    return spans
  }
}
