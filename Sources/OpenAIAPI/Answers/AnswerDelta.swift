import Core

/// A piece of an answer.
struct AnswerDelta: Hashable, Sendable {
  var parts: [AnswerPart]
  /// Of the tokens of the text; nil unless requested.
  var reports: [TokenReport]?
  /// The tokens since the last piece.
  var tokens: [TokenID] = []
  /// Tokens of the answer so far.
  var generatedCount = 0
  /// Of the answer so far.
  var timings = GenerationTimings()

  var isEmpty: Bool { parts.isEmpty && (reports ?? []).isEmpty && tokens.isEmpty }

  /// All content, joined.
  var content: String { parts.map { if case .content(let text) = $0 { text } else { "" } }.joined() }
}

/// The end of an answer.
struct AnswerEnd: Sendable {
  enum Reason: Hashable, Sendable {
    case stop
    case length
    case toolCalls
  }

  var reason: Reason
  /// The stop string that ended it.
  var stopString: String?
  var policy: PolicyChoice?
  var timings: GenerationTimings
  var usage: Usage
  /// Of the prompt's tokens but the first; nil unless requested.
  var promptReports: [TokenReport]?
  /// Mean over the answer's tokens; nil unless the generation had them.
  var meanLogprob: Double?
}
