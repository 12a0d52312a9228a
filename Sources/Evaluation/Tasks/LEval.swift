import Foundation

/// L-Eval's six closed tasks that the SelfExtend paper reports (arXiv 2307.11088).
///
/// A record has a document and several questions. The templates are ours; scores follow the benchmark's rules
/// (`ExamAnswers`), and so does the limit of 512 tokens.
enum LEval {
  static let tasks: [BenchmarkTask] = [
    BenchmarkTask(
      "coursera", "Coursera", [.manyChoices], answer: 512, kept: .documentFront,
      exam("a lecture", "One option is right, or several are. Answer with their letters only, like A or ACD.")),
    BenchmarkTask(
      "gsm100", "GSM", [.finalNumber], answer: 512, kept: .documentFront,
      "Solve the last problem the way these examples do, and end with: The answer is …\n\n{context}\n\n{input}"),
    BenchmarkTask(
      "quality", "QuALITY", [.singleChoice], answer: 512, kept: .documentFront,
      exam("a document", "One option is right. Answer with its letter only, like A.")),
    BenchmarkTask(
      "tpo", "TOEFL", [.singleChoice], answer: 512, kept: .documentFront,
      exam("a document", "One option is right. Answer with its letter only, like A.")),
    BenchmarkTask(
      "codeU", "CodeU", [.printedOutput], answer: 512, kept: .documentEnd,
      "Here are many functions, and then a call of some of them. Work out what is printed.\n\n{context}\n\n{input}"),
    BenchmarkTask(
      "sci_fi", "SFiction", [.judgment], answer: 512, kept: .documentFront,
      "Here is a story. Judge statements by what it says, not by what you know. Answer True or False.\n\n{context}\n\n"
        + "{input}\nAnswer:"),
  ]

  private static func exam(_ document: String, _ rule: String) -> String {
    "Here is \(document).\n\n{context}\n\n\(rule)\n\nQuestion: {input}\nAnswer:"
  }

  private struct Record: Decodable {
    let input: String
    let instructions: [String]
    let outputs: [String]
  }

  static func items(of line: some Sequence<UInt8>, task: BenchmarkTask) throws -> [BenchmarkItem] {
    let record = try JSONDecoder().decode(Record.self, from: Data(line))
    guard record.instructions.count == record.outputs.count else {
      throw BenchmarkFileError(
        reason: "has \(record.instructions.count) instructions and \(record.outputs.count) outputs")
    }
    return zip(record.instructions, record.outputs).flatMap { question, answer in
      task.metrics == [.judgment]
        ? judgments(record.input, question, answer)
        : [BenchmarkItem(context: record.input, input: question, references: [answer])]
    }
  }

  /// Two items (`True [fact: False]`): the truth in the story, and in the world, whose question omits the story.
  private static func judgments(_ story: String, _ question: String, _ answer: String) -> [BenchmarkItem] {
    let lowered = answer.lowercased()
    guard let mark = lowered.range(of: "[fact:") else {
      return [BenchmarkItem(context: story, input: question, references: [answer])]
    }
    let inStory = lowered[..<mark.lowerBound].trimmingCharacters(in: .whitespaces)
    let inWorld = lowered[mark.upperBound...].trimmingCharacters(in: CharacterSet(charactersIn: "] \n"))
    let aboutWorld = question.replacingOccurrences(
      of: "based on the world described in the document", with: "based on what is known of the real world")
    return [
      BenchmarkItem(context: story, input: question, references: [inStory]),
      BenchmarkItem(context: "", input: aboutWorld, references: [inWorld], ownTemplate: "{input}\nAnswer:"),
    ]
  }
}
