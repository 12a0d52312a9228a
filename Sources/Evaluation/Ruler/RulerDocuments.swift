package import Foundation

/// Questions and documents of a data set, for RULER's two tasks of question answering.
package struct RulerDocuments: Sendable {
  package struct Question: Hashable, Sendable {
    package let text: String
    /// At least one; none is empty.
    package let answers: [String]
    /// Indices of the documents it was made for; at least one.
    package let documents: [Int]
    /// Further ones of the same article.
    package let relatedDocuments: [Int]
  }

  /// Not empty; in the file's order.
  package let questions: [Question]
  /// Distinct, in alphabetical order.
  package let documents: [String]

  /// Reads SQuAD's JSON (1.1 or 2.0). Questions without an answer in the text (2.0) are left out, as RULER does.
  /// - Throws: `BenchmarkFileError`.
  package static func squad(_ json: Data, path: String) throws(BenchmarkFileError) -> RulerDocuments {
    let file = try decoded(SquadFile.self, json, path, form: "SQuAD's JSON, an object with 'data'")
    let indices = Indices(file.data.flatMap { $0.paragraphs.map(\.context) })
    var questions: [Question] = []
    for article in file.data {
      let all = indices.distinct(article.paragraphs.map(\.context))
      for paragraph in article.paragraphs {
        let own = indices.distinct([paragraph.context])
        for entry in paragraph.qas where !(entry.is_impossible ?? false) {
          questions.append(
            try question(
              entry.question, entry.answers.map(\.text), own, all.filter { !own.contains($0) }, path: path))
        }
      }
    }
    return try RulerDocuments(questions, indices.texts, path: path)
  }

  /// Reads HotpotQA's JSON (distractor setting): ten paragraphs a question.
  /// - Throws: `BenchmarkFileError`.
  package static func hotpot(_ json: Data, path: String) throws(BenchmarkFileError) -> RulerDocuments {
    let entries = try decoded([HotpotEntry].self, json, path, form: "HotpotQA's JSON, an array of questions")
    let indices = Indices(entries.flatMap { $0.context.map(\.text) })
    var questions: [Question] = []
    for entry in entries {
      questions.append(
        try question(entry.question, [entry.answer], indices.distinct(entry.context.map(\.text)), [], path: path))
    }
    return try RulerDocuments(questions, indices.texts, path: path)
  }

  private init(_ questions: [Question], _ documents: [String], path: String) throws(BenchmarkFileError) {
    guard !questions.isEmpty else { throw BenchmarkFileError(reason: "'\(path)' has no question with an answer") }
    (self.questions, self.documents) = (questions, documents)
  }

  private static func question(
    _ text: String, _ answers: [String], _ own: [Int], _ related: [Int], path: String
  ) throws(BenchmarkFileError) -> Question {
    guard !answers.isEmpty, !answers.contains("") else {
      throw BenchmarkFileError(reason: "'\(path)': the question '\(text.prefix(60))' has no answer")
    }
    guard !own.isEmpty else {
      throw BenchmarkFileError(reason: "'\(path)': the question '\(text.prefix(60))' has no document")
    }
    return Question(text: text, answers: answers, documents: own, relatedDocuments: related)
  }

  private static func decoded<Value: Decodable>(
    _: Value.Type, _ json: Data, _ path: String, form: String
  ) throws(BenchmarkFileError) -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: json)
    } catch {
      throw BenchmarkFileError(reason: "'\(path)' is not \(form): \(BenchmarkFiles.message(of: error))")
    }
  }
}

/// Distinct documents and where each stands.
private struct Indices {
  let texts: [String]
  private let places: [String: Int]

  init(_ documents: [String]) {
    texts = Set(documents).sorted()
    places = Dictionary(uniqueKeysWithValues: texts.enumerated().map { ($0.element, $0.offset) })
  }

  /// Each document once.
  func distinct(_ documents: [String]) -> [Int] {
    var seen: Set<Int> = []
    return documents.compactMap { places[$0] }.filter { seen.insert($0).inserted }
  }
}

private struct SquadFile: Decodable {
  struct Article: Decodable { let paragraphs: [Paragraph] }
  struct Paragraph: Decodable {
    let context: String
    let qas: [Entry]
  }
  struct Entry: Decodable {
    let question: String
    let answers: [Answer]
    let is_impossible: Bool?
  }
  struct Answer: Decodable { let text: String }
  let data: [Article]
}

private struct HotpotEntry: Decodable {
  /// A title and sentences, as an array of both.
  struct Paragraph: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      var parts = try decoder.unkeyedContainer()
      let title = try parts.decode(String.self)
      text = title + "\n" + (try parts.decode([String].self)).joined()
    }
  }
  let question: String
  let answer: String
  let context: [Paragraph]
}
