import Tensors

/// How a tensor of a folder is read: as a vector, a matrix, or the matrices of all experts.
struct StoredForm {
  /// Of the tensor that is made.
  let type: ElementType
  /// Numbers of a row; of a vector, and of the vectors of all experts, each number is a row.
  let columnCount: Int
  /// Rows of the tensor that is made, of one source.
  let rowCount: Int
  /// The same of one matrix.
  let rowsPerMatrix: Int
  /// GGUF's, innermost first.
  let dimensions: [Int]

  /// - Parameters:
  ///   - isPart: whether the source is one expert's, of several.
  ///   - share: of the source's rows, where not all are the tensor's.
  init(
    _ source: TensorRecipe.Source, name: String, isPart: Bool, share: RowShare?, file: String
  ) throws(CheckpointError) {
    let entry = source.entry
    let subject = tensorSubject(entry.name)
    var shape = entry.shape
    let isBlocks = entry.type == .u8 && source.scale != nil
    // 16 bytes are 32 numbers of four bits.
    if isBlocks { shape = shape.dropLast(2) + [shape[shape.count - 2] * 32] }
    // Their scales are one vector.
    let isOfExperts = name.contains("_exps.") && !name.hasSuffix(".scale") && !isPart
    let isVector = shape.count == (isOfExperts ? 2 : 1)
    guard shape.count == (isOfExperts ? 3 : 2) || isVector else {
      throw .unsupported(
        file, subject, "has \(shape.count) dimensions, where a matrix or a vector is read",
        remedy: "use a folder with a tensor for each matrix")
    }
    guard let stored = isBlocks ? .mxfp4 : entry.type.element else {
      throw .unsupported(
        file, subject, "is stored in \(entry.type.rawValue), and F32, F16, BF16, F8_E4M3 and MXFP4 are read",
        remedy: "use a folder of the model in one of these types")
    }
    // Rows are numbers of vectors here, so that a share of them is one of rows, too.
    let rows = isVector ? shape[shape.count - 1] : shape[shape.count - 2]
    guard share == nil || rows % 2 == 0 else {
      throw .damaged(file, subject, "has \(rows) rows, which are no two halves")
    }
    rowsPerMatrix = share == nil ? rows : rows / 2
    // Converters keep vectors, and what chooses experts, in F32.
    type = isVector || name.contains("ffn_gate_inp") ? .f32 : stored
    if isVector, isPart {
      // Vectors that are stacked are rows of a matrix.
      (columnCount, rowCount, dimensions) = (rows, 1, [rows])
      return
    }
    columnCount = isVector ? 1 : shape[shape.count - 1]
    let (count, overflow) = rowsPerMatrix.multipliedReportingOverflow(by: isOfExperts ? shape[0] : 1)
    guard !overflow else { throw .damaged(file, subject, "has more rows than can be counted") }
    rowCount = count
    dimensions = (isVector ? [] : [columnCount]) + [rowsPerMatrix] + (isOfExperts ? [shape[0]] : [])
  }
}
