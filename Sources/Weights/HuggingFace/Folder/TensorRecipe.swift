import Tensors

/// How a tensor is made of those of a Hugging Face folder: as it lies there, or several one behind the other, rows of
/// heads in another order, numbers in another type.
struct TensorRecipe: Sendable {
  struct Source: Sendable {
    let entry: SafetensorsEntry
    /// What its 8-bit numbers are multiplied by.
    var scale: Scale?
  }

  /// Scales of the blocks of a matrix, `rowCount` times `columnCount` numbers each; at its edges blocks are smaller.
  struct Scale: Sendable {
    let entry: SafetensorsEntry
    let rowCount: Int
    let columnCount: Int
    /// Scales of a row of blocks.
    let perRow: Int
  }

  /// Alike in shape and type.
  let sources: [Source]
  /// Of the tensor that is made.
  let type: ElementType
  /// Numbers of a row; of a vector each number is a row.
  let columnCount: Int
  /// Of each source, those that are used.
  let rowCount: Int
  /// Which rows of a source they are.
  var order = RowOrder.stored
  /// Added to every number.
  var addend: Float = 0
  /// Of a tensor that has no sources: the configuration has them.
  var numbers: [Float] = []

  var extents: [TensorExtent] { sources.flatMap { [$0.entry.extent] + [$0.scale?.entry.extent].compactMap { $0 } } }

  /// Whether the one source is the tensor, byte for byte.
  var isVerbatim: Bool {
    sources.count == 1 && order == .stored && addend == 0 && sources[0].entry.type.rawValue == type.description
  }

  /// Which row of the sources becomes row `row`.
  func sourceRow(of row: Int) -> (source: Int, row: Int) {
    let (source, row) = row.quotientAndRemainder(dividingBy: rowCount)
    return (source, order.row(row, of: rowCount))
  }
}
