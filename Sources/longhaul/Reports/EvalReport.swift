import Evaluation
import Foundation
import Core

/// What `eval --json` prints.
struct EvalReport: Report {
  struct Task: Encodable {
    let task: String
    let title: String
    let metric: String
    /// 0 to 100.
    let score: Double
    let standardError: Double
    /// Further metrics by name, 0 to 100.
    let otherScores: [String: Double]
    let answers: Int
    /// Prompts cut to fit the context.
    let cutPrompts: Int
    /// Prompts with a grouped policy.
    let groupedPrompts: Int
    let longestPromptTokens: Int

    init(_ result: BenchmarkResult) {
      task = result.task.name
      title = result.task.title
      metric = result.task.metrics.first?.rawValue ?? ""
      score = result.score()
      standardError = result.standardError
      otherScores = Dictionary(
        uniqueKeysWithValues: result.task.metrics.enumerated().dropFirst().map {
          ($0.element.rawValue, result.score(metric: $0.offset))
        })
      answers = result.answers.count
      cutPrompts = result.answers.count { $0.isCut }
      groupedPrompts = result.answers.count { $0.policy?.groups ?? false }
      longestPromptTokens = result.answers.map(\.promptTokenCount).max() ?? 0
    }
  }

  let benchmark: String
  let model: String
  let trainedLength: Int
  let contextLength: Int
  /// "built-in" or "given"; only the benchmark's own prompts give figures comparable with published ones.
  let prompts: String
  let tasks: [Task]
  /// Mean of the tasks' scores.
  let average: Double

  init(
    benchmark: String, model: String, trainedLength: Int, contextLength: Int, hasOwnPrompts: Bool,
    results: [BenchmarkResult]
  ) {
    self.benchmark = benchmark
    self.model = model
    self.trainedLength = trainedLength
    self.contextLength = contextLength
    prompts = hasOwnPrompts ? "given" : "built-in"
    tasks = results.map(Task.init)
    average = tasks.reduce(0) { $0 + $1.score } / Double(max(1, tasks.count))
  }

  var lines: [String] {
    var table = TextTable(
      head: ["task", "metric", "score", "error", "answers", "cut", "grouped", "longest prompt"])
    for task in tasks {
      table.add([
        task.title, task.metric, Decimals.text(task.score, places: 2), Decimals.text(task.standardError, places: 2),
        "\(task.answers)", "\(task.cutPrompts)", "\(task.groupedPrompts)", "\(task.longestPromptTokens)",
      ])
    }
    table.add(["average", "", Decimals.text(average, places: 2), "", "", "", "", ""])
    return ["\(model), trained context \(trainedLength), context \(contextLength), \(prompts) prompts"] + table.lines
  }

  private struct Answer: Encodable {
    let task: String
    let answer: String
    let references: [String]
    let scores: [String: Double]
    let promptTokens: Int
    let cut: Bool
  }

  /// Every answer, one JSON object per line.
  static func write(_ results: [BenchmarkResult], to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    var lines = Data()
    for result in results {
      for answer in result.answers {
        lines += try encoder.encode(
          Answer(
            task: result.task.name, answer: answer.text, references: answer.references,
            scores: Dictionary(uniqueKeysWithValues: zip(result.task.metrics.map(\.rawValue), answer.scores)),
            promptTokens: answer.promptTokenCount, cut: answer.isCut))
        lines.append(UInt8(ascii: "\n"))
      }
    }
    try OutputFile.write(lines, to: path)
  }
}
