import Core
import Evaluation
import Foundation

/// What `eval ruler --json` prints.
struct RulerReport: Report {
  struct Score: Encodable {
    let length: Int
    /// 0 to 100.
    let score: Double
    /// Absent for a single sample.
    let standardError: Double?
    let samples: Int

    init(_ cell: RulerMeasurement.Cell) {
      length = cell.value.length
      (score, standardError) = (cell.estimate.mean, cell.estimate.standardError)
      samples = cell.answers.count
    }
  }

  struct Task: Encodable {
    let task: String
    let metric: String
    let scores: [Score]
  }

  struct Length: Encodable {
    let length: Int
    let policy: PolicyReport?
    /// Mean of the tasks' scores.
    let average: Double
  }

  struct Table: Encodable {
    let asked: String
    /// Absent where no average reaches the threshold.
    let effectiveLength: Int?
    let lengths: [Length]
    let tasks: [Task]

    init(_ table: RulerTable, threshold: Double) {
      asked = table.setting.description
      effectiveLength = table.effectiveLength(threshold: threshold)
      lengths = table.lengths.map {
        Length(length: $0, policy: table.policy($0).map { PolicyReport($0.policy) }, average: table.average($0))
      }
      tasks = table.tasks.map { task in
        Task(
          task: task.rawValue, metric: task.metric.rawValue,
          scores: table.lengths.compactMap { table.cell(task, $0).map(Score.init) })
      }
    }
  }

  let model: String
  let trainedLength: Int
  let seed: UInt64
  let samples: Int
  let threshold: Double
  /// "chat template" or "raw".
  let prompts: String
  /// Tasks that were not named and have no file.
  let omittedTasks: [String]
  let tables: [Table]
  private let measured: [RulerTable]

  private enum CodingKeys: CodingKey {
    case model, trainedLength, seed, samples, threshold, prompts, omittedTasks, tables
  }

  init(
    model: String, trainedLength: Int, seed: UInt64, samples: Int, threshold: Double, usesChatTemplate: Bool,
    omittedTasks: [RulerTask], tables: [RulerTable]
  ) {
    (self.model, self.trainedLength, self.seed, self.samples) = (model, trainedLength, seed, samples)
    self.threshold = threshold
    prompts = usesChatTemplate ? "chat template" : "raw"
    self.omittedTasks = omittedTasks.map(\.rawValue)
    self.tables = tables.map { Table($0, threshold: threshold) }
    measured = tables
  }

  /// A table for each policy: tasks down, lengths across.
  var lines: [String] {
    var lines = [
      "\(model), trained context \(trainedLength); RULER, \(samples) samples per cell, seed \(seed), \(prompts) prompts"
    ]
    if !omittedTasks.isEmpty {
      lines.append(
        "without \(omittedTasks.joined(separator: " and ")), whose texts were not passed (--squad, --hotpotqa)")
    }
    for table in measured {
      lines += ["", "\(table.setting)"]
      var text = TextTable(head: ["task"] + table.lengths.map(String.init))
      for task in table.tasks {
        text.add([task.rawValue] + table.lengths.map { Self.score(table.cell(task, $0)) })
      }
      text.add(["average"] + table.lengths.map { Decimals.text(table.average($0), places: 1) })
      text.add(
        ["policy"] + table.lengths.map { table.policy($0)?.policy.name ?? "–" })
      lines += text.lines
      let bound = Decimals.text(threshold, places: 1)
      lines.append(
        table.effectiveLength(threshold: threshold).map { "effective length: \($0) (average at least \(bound))" }
          ?? "effective length: none (no average reaches \(bound))")
    }
    return lines
  }

  private static func score(_ cell: RulerMeasurement.Cell?) -> String {
    guard let estimate = cell?.estimate else { return "–" }
    let error = estimate.standardError.map { " ±" + Decimals.text($0, places: 1) } ?? ""
    return Decimals.text(estimate.mean, places: 1) + error
  }

  private struct Answer: Encodable {
    let task: String
    let length: Int
    let policy: String
    let answer: String
    let references: [String]
    let score: Double
    let promptTokens: Int
  }

  /// Every answer, one JSON object per line.
  static func write(_ cells: [RulerMeasurement.Cell], to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    var lines = Data()
    for cell in cells {
      for answer in cell.answers {
        lines += try encoder.encode(
          Answer(
            task: cell.value.task.rawValue, length: cell.value.length, policy: cell.value.setting.description,
            answer: answer.text, references: answer.references, score: answer.score,
            promptTokens: answer.promptTokenCount))
        lines.append(UInt8(ascii: "\n"))
      }
    }
    try OutputFile.write(lines, to: path)
  }
}
