import Core
import Foundation
import Tokenization

@testable import Evaluation

/// Texts of the tasks under test.
enum RulerTexts {
  static let essay =
    (0..<60).map { "Sentence \($0) of the essay says that the river is wide." }.joined(separator: " ")

  static let squad = """
    {"version": "v2.0", "data": [
      {"title": "Rivers", "paragraphs": [
        {"context": "The Elbe is a river.", "qas": [
          {"question": "What is the Elbe?", "id": "1", "is_impossible": false,
           "answers": [{"text": "a river", "answer_start": 12}, {"text": "river", "answer_start": 14}]},
          {"question": "Who is the Elbe?", "id": "2", "is_impossible": true, "answers": []}]},
        {"context": "The Oder is another river.", "qas": []}]},
      {"title": "Hills", "paragraphs": [
        {"context": "The Brocken is a hill.", "qas": [
          {"question": "What is the Brocken?", "id": "3", "answers": [{"text": "a hill", "answer_start": 15}]}]}]}]}
    """

  static let hotpot = """
    [{"_id": "1", "question": "Which is longer?", "answer": "Elbe", "type": "comparison", "supporting_facts": [],
      "context": [["Elbe", ["It is long.", " It is wide."]], ["Oder", ["It is short."]]]}]
    """

  static func documents() throws -> [RulerTask: RulerDocuments] {
    [
      .squad: try .squad(Data(squad.utf8), path: "squad.json"),
      .hotpot: try .hotpot(Data(hotpot.utf8), path: "hotpot.json"),
    ]
  }

  static func builder(
    _ tokenizer: Tokenizer, frame: RulerFrame = .none, seed: UInt64 = 1
  ) throws -> RulerPromptBuilder {
    try RulerPromptBuilder(
      tokenizer: tokenizer, frame: frame, essay: essay, documents: documents(), seed: seed)
  }

  static func text(_ task: RulerTask, length: Int, sample: Int = 0, seed: UInt64 = 1) throws -> (String, [String]) {
    let tokenizer = try ByteModel.tokenizer()
    let prompt = try builder(tokenizer, seed: seed).prompt(task, length: length, sample: sample)
    return (tokenizer.decode(prompt.tokens), prompt.references)
  }

  static func codes(_ text: String) -> [String] {
    text.matches(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/).map { String($0.0) }
  }
}
