/// A metric of an answer against one reference, from 0 to 1.
package enum AnswerMetric: String, Sendable, CaseIterable {
  /// Words in common (question answering).
  case tokenF1 = "f1"
  /// ROUGE-L as LongBench reports it (summaries).
  case summaryRougeL = "rouge_l"
  /// ROUGE-L as `rouge-score` computes it, reported in addition.
  case plainRougeL = "rouge_l_plain"
  /// Share of the named classes that are correct.
  case classification = "classification"
  /// Share of the numbers that are correct (counts, paragraphs).
  case numbers = "numbers"
  /// Similarity of the next line of code.
  case editSimilarity = "edit_similarity"
  /// One letter of A to D.
  case singleChoice = "choice"
  /// Any letters of A to D.
  case manyChoices = "choices"
  /// The final number of a calculation.
  case finalNumber = "final_number"
  /// What a program prints.
  case printedOutput = "printed_output"
  /// True or false.
  case judgment = "judgement"

  /// - Parameter classes: all class names, for `classification`.
  package func score(_ answer: String, reference: String, classes: [String] = []) -> Double {
    switch self {
    case .tokenF1: AnswerWords.f1(answer, reference)
    case .summaryRougeL: RougeL.summary(answer, reference)
    case .plainRougeL: RougeL.plain(answer, reference)
    case .classification: NamedAnswers.classAccuracy(answer, reference, classes: classes)
    case .numbers: NamedAnswers.numberAccuracy(answer, reference)
    case .editSimilarity: EditSimilarity.ofFirstCodeLine(answer, reference)
    case .singleChoice: ExamAnswers.singleChoice(answer, reference)
    case .manyChoices: ExamAnswers.manyChoices(answer, reference)
    case .finalNumber: ExamAnswers.number(answer, reference)
    case .printedOutput: ExamAnswers.printedOutput(answer, reference)
    case .judgment: ExamAnswers.judgment(answer, reference)
    }
  }

  /// The best over several references.
  package func score(_ answer: String, references: [String], classes: [String] = []) -> Double {
    references.reduce(0) { max($0, score(answer, reference: $1, classes: classes)) }
  }
}
