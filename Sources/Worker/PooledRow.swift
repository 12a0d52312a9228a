import Backend
import Core

/// One row made of an entry's finished hidden states.
struct PooledRow {
  let numbers: [Float]

  /// Rows that are copied at a time.
  private static let rowsAtATime = 32

  /// - Parameter rows: among the backend's; not empty.
  /// - Throws: what the backend throws.
  init(_ pooling: Pooling, of rows: Range<Int>, backend: any StageBackend) throws {
    switch pooling {
    case .last: numbers = try Self.finished(rows.suffix(1), backend)
    case .first: numbers = try Self.finished(rows.prefix(1), backend)
    case .mean:
      var sums = [Double](repeating: 0, count: backend.facts.hiddenSize)
      for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.rowsAtATime) {
        let part = try Self.finished(start..<min(start + Self.rowsAtATime, rows.upperBound), backend)
        for (index, number) in part.enumerated() { sums[index % sums.count] += Double(number) }
      }
      numbers = sums.map { Float($0 / Double(rows.count)) }
    }
  }

  private static func finished(_ rows: Range<Int>, _ backend: any StageBackend) throws -> [Float] {
    var numbers = [Float](repeating: 0, count: rows.count * backend.facts.hiddenSize)
    try numbers.withUnsafeMutableBytes { try backend.finish(rows, into: $0) }
    return numbers
  }
}
