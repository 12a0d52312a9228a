/// The scores of one policy: tasks down, lengths across.
package struct RulerTable: Sendable {
  package let setting: PolicySetting
  /// In RULER's order.
  package let tasks: [RulerTask]
  /// Those that the policy admits, ascending.
  package let lengths: [Int]
  private let cells: [RulerMeasurement.Cell]

  /// A table for each setting, in order of appearance.
  package static func tables(_ cells: [RulerMeasurement.Cell]) -> [RulerTable] {
    var settings: [PolicySetting] = []
    for cell in cells where !settings.contains(cell.value.setting) { settings.append(cell.value.setting) }
    return settings.map { setting in RulerTable(setting, cells.filter { $0.value.setting == setting }) }
  }

  private init(_ setting: PolicySetting, _ cells: [RulerMeasurement.Cell]) {
    (self.setting, self.cells) = (setting, cells)
    tasks = RulerTask.allCases.filter { task in cells.contains { $0.value.task == task } }
    lengths = Set(cells.map(\.value.length)).sorted()
  }

  package func cell(_ task: RulerTask, _ length: Int) -> RulerMeasurement.Cell? {
    cells.first { $0.value.task == task && $0.value.length == length }
  }

  package func policy(_ length: Int) -> RulerMeasurement.Case? { cells.first { $0.value.length == length }?.value }

  /// Mean of the tasks' scores, 0 to 100.
  package func average(_ length: Int) -> Double {
    MeanEstimate(tasks.compactMap { cell($0, length)?.estimate.mean }).mean
  }

  /// The highest length whose average is at or above a threshold; nil where there is none.
  ///
  /// RULER's threshold is what Llama-2-7B has at 4,096 tokens: 85.6.
  package func effectiveLength(threshold: Double) -> Int? {
    lengths.last { average($0) >= threshold }
  }
}
