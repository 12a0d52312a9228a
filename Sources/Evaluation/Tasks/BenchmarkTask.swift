/// One task of a benchmark: how its prompts are built, how long answers may be, how they are marked.
package struct BenchmarkTask: Sendable {
  /// The tokens of a prompt that stay when it is too long.
  package enum Kept: Sendable {
    /// Half from the front and half from the end.
    case bothEnds
    /// The document's front, or its end; everything else of the prompt stays whole.
    case documentFront, documentEnd
  }

  /// The file's name without `.jsonl`.
  package let name: String
  /// For tables.
  package let title: String
  /// The prompt, with `{context}` for the document and `{input}` for the question.
  package var template: String
  /// New tokens at most.
  package let answerTokenCount: Int
  /// The first is the task's score, the others are reported beside it.
  package let metrics: [AnswerMetric]
  /// Whether only an answer's first line counts: models go on with further examples of a prompt that has some.
  package let readsFirstLineOnly: Bool
  package let kept: Kept

  init(
    _ name: String, _ title: String, _ metrics: [AnswerMetric], answer answerTokenCount: Int, firstLine: Bool = false,
    kept: Kept = .bothEnds, _ template: String
  ) {
    self.name = name
    self.title = title
    self.template = template
    self.answerTokenCount = answerTokenCount
    self.metrics = metrics
    readsFirstLineOnly = firstLine
    self.kept = kept
  }

  /// The part of an answer that is marked.
  package func markedPart(of answer: String) -> String {
    guard readsFirstLineOnly else { return answer }
    return String(answer.drop { $0 == "\n" }.prefix { $0 != "\n" })
  }
}

/// One prompt and what its answer is compared with.
package struct BenchmarkItem: Hashable, Sendable {
  /// The document; may be empty.
  package var context: String
  /// The question.
  package var input: String
  /// Right answers, at least one.
  package var references: [String]
  /// All class names, where the task is to name one.
  package var classes: [String]
  /// Used instead of the task's; for questions that are asked without the document.
  package var ownTemplate: String?

  package init(
    context: String, input: String, references: [String], classes: [String] = [], ownTemplate: String? = nil
  ) {
    self.context = context
    self.input = input
    self.references = references
    self.classes = classes
    self.ownTemplate = ownTemplate
  }
}
