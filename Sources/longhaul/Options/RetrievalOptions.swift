import ArgumentParser
import Evaluation
import Core

/// Wording and sizes of the retrieval questions.
struct RetrievalOptions: ParsableArguments {
  @Option(help: "Digits of the passkey, separated by commas. Default: 5,10; 5 for the demo model.")
  var digits: NumberList?

  @Option(
    help: """
      Numbers of hidden keys, separated by commas: 1 is the passkey task; with more, each key has a label and the \
      question asks for one.
      """)
  var keys = NumberList([1, 3])

  @Option(
    name: [.customLong("labeled-digits"), .customLong("labelled-digits")],
    help: "Digits of each key when there are several.")
  var labeledDigits: Int = 4

  @Option(
    help: """
      A text file whose sentences surround the keys. Default: the usual five sentences of the passkey task; for the \
      demo model, its bundled stories.
      """)
  var filler: String?

  @Option(help: "Text before the filler. Default: the paper's; none for the demo model.")
  var opening: String?

  @Option(help: "Sentence that hides a passkey, with {key}. Default: the paper's.")
  var statement: String?

  @Option(help: "Question after the text, for the model to complete. Default: the paper's.")
  var question: String?

  @Option(
    name: [.customLong("labeled-statement"), .customLong("labelled-statement")],
    help: "Sentence that hides one of several keys, with {key} and {label}.")
  var labeledStatement: String?

  @Option(
    name: [.customLong("labeled-question"), .customLong("labelled-question")],
    help: "Question for one of several keys, with {label}.")
  var labeledQuestion: String?

  @Option(help: "Seed of keys, labels and filler. The same seed gives the same questions.")
  var seed: UInt64 = 1

  /// One task for each number of digits and of keys.
  /// - Throws: `RetrievalRefusal`.
  func tasks(isDemo: Bool) throws -> [RetrievalTask] {
    var passkey = RetrievalWording.passkey
    passkey.opening = opening ?? (isDemo ? "" : passkey.opening)
    passkey.statement = statement ?? passkey.statement
    passkey.question = question ?? passkey.question
    var labeled = RetrievalWording.labeled
    labeled.opening = opening ?? labeled.opening
    labeled.statement = labeledStatement ?? labeled.statement
    labeled.question = labeledQuestion ?? labeled.question
    return try keys.values.flatMap { count in
      try count == 1
        ? (digits?.values ?? (isDemo ? [5] : [5, 10])).map {
          try RetrievalTask(keyCount: 1, digitCount: $0, wording: passkey)
        }
        : [RetrievalTask(keyCount: count, digitCount: labeledDigits, wording: labeled)]
    }
  }

  func questions(_ model: MeasuredModel, depths: [Double]) throws -> RetrievalQuestions {
    let text =
      filler == nil && !model.isDemo
      ? RetrievalWording.filler : try MeasuredModel.text(file: filler, whose: model, option: "--filler FILE")
    return RetrievalQuestions(
      depths: depths, tokenizer: model.tokenizer,
      builder: RetrievalPromptBuilder(
        tokenizer: model.tokenizer, filler: try FillerText(text, tokenizer: model.tokenizer), seed: seed))
  }
}
