import Core

/// A checked generation of one answer, not yet started.
struct PreparedAnswer: Sendable {
  var generation: GenerationRequest
  var decoding = DecodingOptions()
  /// The text of the prompt, if the completion echoes it.
  var echoedPrompt: String?
  /// Whether the client gets log-probabilities; the generation may have them for other reasons.
  var wantsLogprobs = false
  /// Alternatives that each of them has.
  var alternativeCount = 0
  /// Alternatives reported of each prompt token; nil reports none.
  var promptLogprobCount: Int?
  /// What the answer may take from its first token on, once it has a line break; nil does not limit it.
  var predictionLimit: Duration?
  /// Counts each token that the answer costs.
  var charge: (@Sendable (Int) -> Void)?
  /// Which prompt of the request it answers.
  var promptIndex = 0
  /// How the answer is taken apart; nil leaves its text as it is.
  var reading: AnswerReading?

  init(generation: GenerationRequest) { self.generation = generation }
}

/// How a chat's answer is taken apart.
struct AnswerReading: Sendable {
  let marks: AnswerMarks
  /// Functions that may be called; empty when none may.
  let tools: [ToolDeclaration]
  /// The mark with which the prompt began a thought; nil for none.
  let openThought: String?
  /// Whether an answer may have more than one call.
  let allowsSeveralCalls: Bool
  let hidesThoughts: Bool

  /// nil when nothing is taken apart.
  /// - Parameters:
  ///   - template: the source of the model's chat template.
  ///   - promptEnding: the last characters of the prompt.
  init?(_ request: ChatRequest, template: String?, promptEnding: String) {
    var marks = AnswerMarks(template: template, hasTools: !request.tools.declarations.isEmpty)
    if request.thoughts == .inContent { marks.thoughts = [] }
    guard !marks.calls.isEmpty || !marks.thoughts.isEmpty else { return nil }
    self.marks = marks
    tools = request.tools.declarations
    let ending = promptEnding.trimmed
    openThought = marks.thoughts.map(\.opening).first { ending.hasSuffix($0) }
    allowsSeveralCalls = request.tools.allowsSeveral
    hidesThoughts = request.thoughts == .hidden
  }

  /// Whether marks may be control tokens, which have no text otherwise.
  var spellsControlTokens: Bool { !tools.isEmpty || !marks.silent.isEmpty }

  var reader: AnswerReader { AnswerReader(marks: marks, tools: tools, opensThought: openThought) }
}
