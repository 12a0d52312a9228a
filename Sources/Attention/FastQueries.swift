import CKernels
import Tensors

/// A tile's queries as the fast kernel reads them: integers under a scale a row, of both views.
final class FastQueries {
  private final class View {
    let integers: AlignedBuffer<Int16>
    let scales: AlignedBuffer<Float>

    init(rowCapacity: Int, dimension: Int) throws {
      integers = try AlignedBuffer(count: rowCapacity * Int(lh_integer_query_stride(Int64(dimension))))
      scales = try AlignedBuffer(count: rowCapacity)
    }

    var queries: lh_integer_queries {
      lh_integer_queries(integers: UnsafePointer(integers.baseAddress), scales: UnsafePointer(scales.baseAddress))
    }

    func round(_ queries: UnsafePointer<Float>, rowCount: Int, dimension: Int) {
      lh_round_queries(
        queries, Int64(dimension), Int64(rowCount), Int64(dimension), integers.baseAddress, scales.baseAddress)
    }
  }

  private let grouped: View
  private let neighbor: View

  /// - Parameter dimension: of the largest head.
  init(rowCapacity: Int, dimension: Int) throws {
    grouped = try View(rowCapacity: rowCapacity, dimension: dimension)
    neighbor = try View(rowCapacity: rowCapacity, dimension: dimension)
  }

  /// Takes the rows `[rowCount, dimension]` of a tile; neighbors are nil where both views are the same.
  func round(
    grouped: UnsafePointer<Float>, neighbor: UnsafePointer<Float>?, rowCount: Int, dimension: Int
  ) {
    self.grouped.round(grouped, rowCount: rowCount, dimension: dimension)
    if let neighbor { self.neighbor.round(neighbor, rowCount: rowCount, dimension: dimension) }
  }

  /// `lh_attention_fast_tile` of these queries.
  func meet(
    _ rows: inout lh_attention_rows, _ block: inout lh_attention_block, state: SoftmaxRows,
    scratch: UnsafeMutablePointer<Float>
  ) {
    var (grouped, neighbor) = (grouped.queries, neighbor.queries)
    lh_attention_fast_tile(
      &rows, &grouped, &neighbor, &block, state.maximum, state.sum, state.values, scratch)
  }
}
