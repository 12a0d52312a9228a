import ArgumentParser
import Evaluation
import Inference

/// How numbers are hidden and asked for.
struct RetrievalOptions: ParsableArguments {
  @Option(help: "Digits of the pass key, separated by commas. Default: 5,10; 5 for the demo model.")
  var digits: NumberList?

  @Option(
    help: """
      Hidden keys, separated by commas: 1 is the pass key; with more, each has a label and one is asked for.
      """)
  var keys = NumberList([1, 3])

  @Option(help: "Digits of each key where there are several.")
  var labelledDigits: Int = 4

  @Option(
    help: """
      A text file whose sentences surround the numbers. Default: the pass-key task's usual five sentences; for the \
      demo model, stories of the kind it knows.
      """)
  var filler: String?

  @Option(help: "What stands before the filler. Default: the paper's; nothing for the demo model.")
  var opening: String?

  @Option(help: "The sentence that hides a pass key, with {key}. Default: the paper's.")
  var statement: String?

  @Option(help: "The question after the text, which the model is to go on with. Default: the paper's.")
  var question: String?

  @Option(help: "The sentence that hides one of several keys, with {key} and {label}.")
  var labelledStatement: String?

  @Option(help: "The question for one of several keys, with {label}.")
  var labelledQuestion: String?

  @Option(help: "Draws keys, labels and filler. The same seed asks the same questions.")
  var seed: UInt64 = 1

  /// One task for each number of digits and of keys asked for.
  /// - Throws: `RetrievalRefusal` in words.
  func tasks(isDemo: Bool) throws -> [RetrievalTask] {
    var passkey = RetrievalWording.passkey
    passkey.opening = opening ?? (isDemo ? "" : passkey.opening)
    passkey.statement = statement ?? passkey.statement
    passkey.question = question ?? passkey.question
    var labelled = RetrievalWording.labelled
    labelled.opening = opening ?? labelled.opening
    labelled.statement = labelledStatement ?? labelled.statement
    labelled.question = labelledQuestion ?? labelled.question
    return try keys.values.flatMap { count in
      try count == 1
        ? (digits?.values ?? (isDemo ? [5] : [5, 10])).map {
          try RetrievalTask(keyCount: 1, digitCount: $0, wording: passkey)
        }
        : [RetrievalTask(keyCount: count, digitCount: labelledDigits, wording: labelled)]
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
