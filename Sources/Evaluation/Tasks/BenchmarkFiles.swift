import Foundation

/// Reads the records of a benchmark from a folder with one `.jsonl` file per task.
package struct BenchmarkFiles: Sendable {
  private let folder: URL
  private let benchmark: Benchmark

  /// Maximum bytes of a file and items of a task.
  private static let byteCountLimit = 2 << 30
  private static let itemCountLimit = 1_000_000

  package init(folder: String, benchmark: Benchmark) {
    self.folder = URL(fileURLWithPath: folder)
    self.benchmark = benchmark
  }

  /// Tasks whose file exists, in the order of the benchmark.
  /// - Parameter wanted: names of tasks; nil selects all. A named task without a file is an error.
  package func tasks(wanted: [String]?) throws(BenchmarkFileError) -> [BenchmarkTask] {
    let known = benchmark.tasks
    for name in wanted ?? [] where !known.contains(where: { $0.name == name }) {
      throw BenchmarkFileError(
        reason: "\(benchmark.rawValue) has no task '\(name)'; it has \(known.map(\.name).joined(separator: ", "))")
    }
    let chosen = known.filter { wanted?.contains($0.name) ?? true }
    let present = chosen.filter { FileManager.default.fileExists(atPath: file(of: $0).path) }
    if wanted != nil, let missing = chosen.first(where: { task in !present.contains { $0.name == task.name } }) {
      throw BenchmarkFileError(reason: "the file '\(file(of: missing).path)' does not exist")
    }
    guard !present.isEmpty else {
      throw BenchmarkFileError(
        reason: "'\(folder.path)' has none of \(known.map { $0.name + ".jsonl" }.joined(separator: ", "))")
    }
    return present
  }

  /// Items of a task, in the file's order, at most `limit`.
  package func items(of task: BenchmarkTask, limit: Int? = nil) throws(BenchmarkFileError) -> [BenchmarkItem] {
    let path = file(of: task).path
    let bytes: Data
    do {
      let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
      guard size <= Self.byteCountLimit else { throw BenchmarkFileError(reason: "is larger than 2 GiB") }
      bytes = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    } catch {
      throw BenchmarkFileError(reason: "cannot read '\(path)': \(Self.message(of: error))")
    }
    var items: [BenchmarkItem] = []
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      guard line.contains(where: { $0 > 0x20 }) else { continue }
      do {
        items += try benchmark.items(of: line, task: task)
      } catch {
        throw BenchmarkFileError(reason: "'\(path)' line \(index + 1): \(Self.message(of: error))")
      }
      if let limit, items.count >= limit { return Array(items.prefix(limit)) }
      guard items.count <= Self.itemCountLimit else {
        throw BenchmarkFileError(reason: "'\(path)' has more than \(Self.itemCountLimit) items")
      }
    }
    guard !items.isEmpty else { throw BenchmarkFileError(reason: "'\(path)' has no records") }
    return items
  }

  private func file(of task: BenchmarkTask) -> URL { folder.appendingPathComponent(task.name + ".jsonl") }

  /// Decoding errors name the field; system errors describe the problem.
  static func message(of error: any Error) -> String {
    switch error {
    case let error as BenchmarkFileError: error.reason
    case DecodingError.keyNotFound(let key, _): "has no field '\(key.stringValue)'"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "field '\(context.codingPath.map(\.stringValue).joined(separator: "."))' has the wrong type"
    case is DecodingError: "is not a JSON object"
    default: error.localizedDescription
    }
  }
}

/// Why a benchmark file is unusable.
package struct BenchmarkFileError: Error, Hashable, Sendable, CustomStringConvertible {
  package let reason: String
  package init(reason: String) { self.reason = reason }
  package var description: String { reason }
}
