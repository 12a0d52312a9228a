/// One task of a benchmark: its prompt template, maximum answer length and metrics.
package struct BenchmarkTask: Sendable {
  /// The part of a prompt to keep when it is too long.
  package enum Kept: Sendable {
    /// Half from the start and half from the end.
    case bothEnds
    /// The start or the end of the document; the rest of the prompt stays whole.
    case documentFront, documentEnd
  }

  /// The file name without `.jsonl`.
  package let name: String
  /// For tables.
  package let title: String
  /// The prompt, with `{context}` for the document and `{input}` for the question.
  package var template: String
  /// Maximum new tokens.
  package let answerTokenCount: Int
  /// The first is the task's score; reports list the others as well.
  package let metrics: [AnswerMetric]
  /// Whether only the first line of an answer counts: models continue with further examples after few-shot prompts.
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

  /// The part of an answer that counts.
  package func scoredPart(of answer: String) -> String {
    guard readsFirstLineOnly else { return answer }
    return String(answer.drop { $0 == "\n" }.prefix { $0 != "\n" })
  }
}

/// One question with its reference answers.
package struct BenchmarkItem: Hashable, Sendable {
  /// The document; may be empty.
  package var context: String
  /// The question.
  package var input: String
  /// Correct answers, at least one.
  package var references: [String]
  /// All class names, for classification.
  package var classes: [String]
  /// Replaces the task's template, for questions without the document.
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
