import Foundation

/// LongBench's sixteen tasks in English and code (arXiv 2308.14508), which the SelfExtend paper reports.
///
/// Answer lengths and metrics are the benchmark's. The templates are ours: to compare with published figures, pass the
/// benchmark's own (`dataset2prompt.json`).
enum LongBench {
  static let tasks: [BenchmarkTask] = [
    BenchmarkTask(
      "narrativeqa", "NarrativeQA", [.tokenF1], answer: 128,
      question("Here is a story, a novel or the script of a film.", answer: "one phrase")),
    BenchmarkTask(
      "qasper", "Qasper", [.tokenF1], answer: 128,
      question(
        "Here is a scientific article.",
        answer: "one phrase or sentence; with yes or no where that is asked; with unanswerable where it does not say")),
    BenchmarkTask(
      "multifieldqa_en", "MultiField-en", [.tokenF1], answer: 64,
      question("Here is a text.", answer: "nothing but the answer")),
    BenchmarkTask("hotpotqa", "HotpotQA", [.tokenF1], answer: 32, passages),
    BenchmarkTask("2wikimqa", "2WikiMQA", [.tokenF1], answer: 32, passages),
    BenchmarkTask("musique", "Musique", [.tokenF1], answer: 32, passages),
    BenchmarkTask(
      "gov_report", "GovReport", summary, answer: 512,
      "Here is a report of a government agency:\n\n{context}\n\nSummarize the report on one page.\n\nSummary:"),
    BenchmarkTask(
      "qmsum", "QMSum", summary, answer: 512,
      "Here is what was said at a meeting:\n\n{context}\n\nAnswer in a few sentences what is asked about it.\n\n"
        + "Question: {input}\nAnswer:"),
    BenchmarkTask(
      "multi_news", "MultiNews", summary, answer: 512,
      "Here are several news articles:\n\n{context}\n\nSummarize all of them on one page.\n\nSummary:"),
    BenchmarkTask(
      "trec", "TREC", [.classification], answer: 64, firstLine: true,
      "Name the type of the last question, as these examples do.\n\n{context}\n{input}"),
    BenchmarkTask(
      "triviaqa", "TriviaQA", [.tokenF1], answer: 32, firstLine: true,
      "Answer the last question from its passage, with nothing but the answer, as these examples do.\n\n{context}\n\n"
        + "{input}"),
    BenchmarkTask(
      "samsum", "SAMSum", summary, answer: 128, firstLine: true,
      "Summarize the last dialogue in a few short sentences, as these examples do.\n\n{context}\n\n{input}"),
    BenchmarkTask(
      "passage_count", "PassageCount", [.numbers], answer: 32,
      "Some of the following paragraphs are repeated. Count how many different ones there are.\n\n{context}\n\n"
        + "How many different paragraphs are there? Answer with a number only.\n\nAnswer: "),
    BenchmarkTask(
      "passage_retrieval_en", "PassageRe", [.numbers], answer: 32,
      "Here are numbered paragraphs, and then a summary of one of them.\n\n{context}\n\nSummary: {input}\n\n"
        + "Which paragraph is summarized? Answer like this: Paragraph 7.\n\nAnswer: "),
    BenchmarkTask(
      "lcc", "Lcc", [.editSimilarity], answer: 64, "Write the next line of this code.\n{context}Next line:\n"),
    BenchmarkTask(
      "repobench-p", "RepoBench", [.editSimilarity], answer: 64,
      "Write the next line of this code.\n{context}{input}Next line:\n"),
  ]

  private static let summary: [AnswerMetric] = [.summaryRougeL, .plainRougeL]
  private static let passages = question("Here are passages of text.", answer: "nothing but the answer")

  private static func question(_ opening: String, answer: String) -> String {
    "\(opening)\n\n{context}\n\nAnswer the question about it with \(answer).\n\nQuestion: {input}\nAnswer:"
  }

  private struct Record: Decodable {
    let input: String
    let context: String
    let answers: [String]
    let all_classes: [String]?
  }

  static func items(of line: some Sequence<UInt8>) throws -> [BenchmarkItem] {
    let record = try JSONDecoder().decode(Record.self, from: Data(line))
    guard !record.answers.isEmpty else { throw BenchmarkFileError(reason: "has no answers") }
    return [
      BenchmarkItem(
        context: record.context, input: record.input, references: record.answers, classes: record.all_classes ?? [])
    ]
  }
}
