import Core

/// How far a prompt is computed.
struct PromptProgress: Hashable, Sendable {
  var total: Int
  /// Of these, tokens that were computed for earlier requests.
  var cached: Int
  /// The cached ones included.
  var done: Int
  /// Since the answer was asked for.
  var seconds: Double

  /// What came before any of the prompt was computed.
  var start: PromptProgress { PromptProgress(total: total, cached: cached, done: cached, seconds: 0) }

  /// As a comment of a stream says it.
  var comment: String { "prefill \(done)/\(total)" }

  /// An answer's timings so far.
  var timings: GenerationTimings {
    var timings = GenerationTimings()
    (timings.promptTokenCount, timings.cachedTokenCount, timings.prefillSeconds) = (done, cached, seconds)
    return timings
  }
}
