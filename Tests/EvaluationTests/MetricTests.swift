import Evaluation
import Foundation
import Testing

@Suite("Metrics of answers")
struct MetricTests {
  private struct Case: Decodable {
    let metric: String
    let answer: String
    let reference: String
    let classes: [String]
    let score: Double
  }

  @Test("every score equals that of independent packages, for the answers of Goldens/metrics.py")
  func independentPackages() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let json = try Data(contentsOf: folder.appendingPathComponent("Goldens/metrics.json"))
    let cases = try JSONDecoder().decode([Case].self, from: json)
    for value in cases {
      let metric = try #require(AnswerMetric(rawValue: value.metric))
      let score = metric.score(value.answer, reference: value.reference, classes: value.classes)
      #expect(abs(score - value.score) < 1e-6, "\(value.metric): \(value.answer) | \(value.reference)")
    }
    #expect(Set(cases.map(\.metric)).count == 6)
  }

  @Test("the best of several references counts")
  func bestReference() {
    #expect(AnswerMetric.tokenF1.score("the red fox", references: ["a blue fox", "Red fox!"]) == 1)
    #expect(AnswerMetric.tokenF1.score("the red fox", references: []) == 0)
  }

  @Test(
    "choices are read as L-Eval reads them",
    arguments: [
      ("B", "B", 1.0), ("The answer is C.", "C", 1), ("(D) because", "D", 1), ("none of these", "A", 1),
      ("none of these", "B", 0), ("", "A", 0), ("B", "B. because", 1),
    ])
  func singleChoice(answer: String, reference: String, score: Double) {
    #expect(AnswerMetric.singleChoice.score(answer, reference: reference) == score)
  }

  @Test(
    "several choices: all of them count whole, some a quarter, a wrong one spoils all",
    arguments: [
      ("ABD", "ABD", 1.0), ("AB", "ABD", 0.25), ("AC", "ABD", 0), ("A. and B. are right", "AB", 1), ("C", "BC", 0.25),
      ("A) B) Question C)", "AB", 1), ("maybe", "AB", 0.25), ("", "AB", 0), ("BA", "AB", 1),
    ])
  func manyChoices(answer: String, reference: String, score: Double) {
    #expect(AnswerMetric.manyChoices.score(answer, reference: reference) == score)
  }

  @Test(
    "the number that an answer ends in",
    arguments: [
      ("First 3, then 4. The answer is 12.", "... The answer is 12.", 1.0), ("so it is 7 apples", "The answer is 7", 1),
      ("it is $1,200.50", "The answer is 1200", 1), ("12\n\nNext: 13", "The answer is 12", 1),
      ("no idea", "The answer is 3", 0),
      ("The answer is 8", "The answer is 9", 0),
    ])
  func finalNumber(answer: String, reference: String, score: Double) {
    #expect(AnswerMetric.finalNumber.score(answer, reference: reference) == score)
  }

  @Test(
    "what a program prints is looked for at the answer's end, whatever the spacing",
    arguments: [
      ("The output is [[1, 2], [3, 4]]", "[[1, 2], [3, 4]]", 1.0), ("the final output is 5 and that is that", "5", 1),
      ("it prints 4.0", "4", 1), ("it prints 7", "8", 0),
      ("8 at first, but after many other steps it prints 7", "8", 0),
    ])
  func printedOutput(answer: String, reference: String, score: Double) {
    #expect(AnswerMetric.printedOutput.score(answer, reference: reference) == score)
  }

  @Test(
    "true and false",
    arguments: [
      ("True.", "true", 1.0), ("I say: FALSE, not true", "false", 1), ("True", "false", 0), ("maybe", "true", 0),
    ])
  func judgement(answer: String, reference: String, score: Double) {
    #expect(AnswerMetric.judgment.score(answer, reference: reference) == score)
  }
}
