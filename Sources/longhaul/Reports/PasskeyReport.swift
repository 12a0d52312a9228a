import Evaluation
import Foundation
import Core

/// What `passkey --json` prints.
struct PasskeyReport: Report {
  struct Answer: Encodable {
    let key: String
    let answer: String
    let found: Bool
  }

  struct Cell: Encodable {
    let depth: Double
    let trials: Int
    let found: Int
    /// Confidence interval of 95 %.
    let interval: [Double]
    let answers: [Answer]

    init(_ cell: RetrievalMeasurement.Cell) {
      depth = cell.depth
      (trials, found) = (cell.estimate.trialCount, cell.estimate.successCount)
      interval = [cell.estimate.interval.lowerBound, cell.estimate.interval.upperBound]
      answers = cell.answers.map { Answer(key: $0.key, answer: $0.text, found: $0.isFound) }
    }
  }

  struct Column: Encodable {
    let keys: Int
    let digits: Int
    let asked: String
    let policy: PolicyReport
    let length: Int
    let share: Double
    let interval: [Double]
    let cells: [Cell]

    init(_ column: RetrievalMeasurement.Column) {
      (keys, digits) = (column.value.task.keyCount, column.value.task.digitCount)
      asked = column.value.setting.description
      policy = PolicyReport(column.value.policy)
      length = column.value.length
      share = column.estimate.share
      interval = [column.estimate.interval.lowerBound, column.estimate.interval.upperBound]
      cells = column.cells.map(Cell.init)
    }
  }

  let model: String
  let trainedLength: Int
  let seed: UInt64
  let trials: Int
  let columns: [Column]
  private let measured: [RetrievalMeasurement.Column]

  private enum CodingKeys: CodingKey {
    case model, trainedLength, seed, trials, columns
  }

  init(model: String, trainedLength: Int, seed: UInt64, trials: Int, columns: [RetrievalMeasurement.Column]) {
    (self.model, self.trainedLength, self.seed, self.trials) = (model, trainedLength, seed, trials)
    self.columns = columns.map(Column.init)
    measured = columns
  }

  /// A heat map in text for each task and policy: depths down, lengths across.
  var lines: [String] {
    var lines = [
      "\(model), trained context \(trainedLength); keys found in \(trials) questions per cell, seed \(seed)"
    ]
    var maps: [[RetrievalMeasurement.Column]] = []
    for column in measured {
      let isSameMap =
        maps.last?.first.map { $0.value.task == column.value.task && $0.value.setting == column.value.setting } ?? false
      if isSameMap { maps[maps.count - 1].append(column) } else { maps.append([column]) }
    }
    for map in maps {
      guard let first = map.first else { continue }
      lines += ["", "\(first.value.task.name), \(first.value.setting)"]
      var table = TextTable(head: ["depth"] + map.map { "\($0.value.length)" })
      for (index, cell) in first.cells.enumerated() {
        table.add(
          [Decimals.percent(cell.depth)] + map.map { Self.shaded($0.cells[index].estimate) })
      }
      table.add(["all"] + map.map { Self.shaded($0.estimate) })
      table.add(["95 %"] + map.map { Self.bounds($0.estimate) })
      table.add(["policy"] + map.map(\.value.policy.name))
      lines += table.lines
    }
    return lines
  }

  private static func shaded(_ estimate: ShareEstimate) -> String {
    let shades = ["·", "░", "▒", "▓", "█"]
    let shade = shades[min(shades.count - 1, Int(estimate.share * Double(shades.count - 1)))]
    return Decimals.percent(estimate.share) + " " + String(repeating: shade, count: 3)
  }

  private static func bounds(_ estimate: ShareEstimate) -> String {
    String(format: "%.0f–%.0f", 100 * estimate.interval.lowerBound, 100 * estimate.interval.upperBound)
  }
}
