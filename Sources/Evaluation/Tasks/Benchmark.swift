/// A benchmark: tasks with one record format.
package enum Benchmark: String, Sendable, CaseIterable {
  case longbench
  case leval

  package var tasks: [BenchmarkTask] {
    switch self {
    case .longbench: LongBench.tasks
    case .leval: LEval.tasks
    }
  }

  /// Items of one record (one line of a task's file).
  /// - Throws: `BenchmarkFileError` without file and line, or `DecodingError`.
  func items(of line: some Sequence<UInt8>, task: BenchmarkTask) throws -> [BenchmarkItem] {
    switch self {
    case .longbench: try LongBench.items(of: line)
    case .leval: try LEval.items(of: line, task: task)
    }
  }
}
