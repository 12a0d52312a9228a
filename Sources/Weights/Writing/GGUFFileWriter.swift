package import Core
package import Tensors

/// Writes a checkpoint as one GGUF file: a folder in GGUF's form, or any checkpoint with its weights in other types.
///
/// The same checkpoint, types and importance give the same bytes.
package struct GGUFFileWriter {
  private struct Tensor {
    let entry: TensorEntry
    let matrix: WeightMatrix
    let type: ElementType
    let byteCount: Int
    let offset: Int
  }

  private let checkpoint: Checkpoint
  private let importance: ImportanceMatrix?
  private let tensors: [Tensor]
  private let header: [UInt8]
  /// Bytes of the file.
  package let byteCount: Int

  /// - Parameters:
  ///   - mix: the types that weights get; nil leaves each as it is.
  ///   - tokenizer: of a folder, as GGUF has it (`TokenizerDescription.asGGUF`); nil writes none.
  /// - Throws: `CheckpointError` where the checkpoint is no model, or its weights are rounded already.
  package init(
    _ checkpoint: Checkpoint, mix: QuantizationMix?, tokenizer: TokenizerDescription? = nil,
    importance: ImportanceMatrix? = nil
  ) throws(CheckpointError) {
    self.checkpoint = checkpoint
    self.importance = importance
    let configuration = try checkpoint.configuration
    var tensors: [Tensor] = []
    var end = 0
    for entry in checkpoint.tensors {
      let matrix = try checkpoint.file.matrix(entry)
      let type = try Self.type(
        of: entry, matrix, mix, layerCount: configuration.layerCount, hasTiedHead: configuration.hasTiedHead,
        file: checkpoint.file.fileName(of: entry))
      guard let row = type.rowByteCount(elementCount: matrix.columnCount) else {
        throw .unsupported(
          checkpoint.file.fileName(of: entry), tensorSubject(entry.name), "has rows that are no blocks of \(type)",
          remedy: "choose another type")
      }
      let byteCount = row * matrix.rowCount
      tensors.append(Tensor(entry: entry, matrix: matrix, type: type, byteCount: byteCount, offset: end))
      end = GGUFHeaderWriter.aligned(end + byteCount)
    }
    self.tensors = tensors
    let largest = tensors.max { $0.byteCount < $1.byteCount }?.type
    let fileType = mix?.fileType ?? largest.flatMap(QuantizationMix.fileType)
    header =
      GGUFHeaderWriter(
        metadata: try WrittenMetadata(checkpoint, tokenizer: tokenizer, fileType: fileType).entries,
        tensors: tensors.map {
          .init(name: $0.entry.name, dimensions: $0.entry.dimensions, type: $0.type.rawValue, offset: $0.offset)
        }
      ).bytes
    byteCount = header.count + end
  }

  private static func type(
    of entry: TensorEntry, _ matrix: WeightMatrix, _ mix: QuantizationMix?, layerCount: Int, hasTiedHead: Bool,
    file: String
  ) throws(CheckpointError) -> ElementType {
    guard let mix else { return matrix.type }
    let type = mix.type(of: entry, layerCount: layerCount, hasTiedHead: hasTiedHead)
    guard type == matrix.type || matrix.type.blockElementCount == 1 else {
      throw .unsupported(
        file, tensorSubject(entry.name),
        "is in \(matrix.type) already, and rounding it again would lose more than \(type) does",
        remedy: "quantize the model in F32, F16 or BF16")
    }
    return type
  }

  /// Writes the file, which must not exist. One that could not be finished is removed.
  /// - Parameters:
  ///   - pool: whose threads share the work.
  ///   - progress: given the share written; what it throws ends the work.
  /// - Throws: `FileWriteError`, `CheckpointError` when the files have changed, or what `progress` throws.
  package func write(to path: String, pool: ComputePool, progress: (Double) throws -> Void) throws {
    let file = try NewFile.make(path: path, byteCount: byteCount)
    try header.withUnsafeBytes { try file.write($0, at: 0) }
    for tensor in tensors { try write(tensor, to: file, pool: pool, progress: progress) }
    try checkpoint.file.requireUnchanged()
    try file.finish()
  }

  /// A few megabytes at a time.
  private func write(
    _ tensor: Tensor, to file: borrowing NewFile, pool: ComputePool, progress: (Double) throws -> Void
  ) throws {
    let matrix = tensor.matrix
    let rowByteCount = tensor.byteCount / matrix.rowCount
    let step = max(1, (4 << 20) / max(rowByteCount, matrix.rowByteCount))
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(step, matrix.rowCount) * rowByteCount, alignment: 64)
    defer { memory.deallocate() }
    guard let start = memory.baseAddress else { return }
    for first in stride(from: 0, to: matrix.rowCount, by: step) {
      let rows = first..<min(matrix.rowCount, first + step)
      nonisolated(unsafe) let start = start  // Safety: threads write rows of their own.
      pool.forEachSlice(of: rows.count) { slice, _ in
        let slice = first + slice.lowerBound..<first + slice.upperBound
        let target = start + (slice.lowerBound - first) * rowByteCount
        RowConversion(matrix, to: tensor.type).write(
          slice, importance: importance?.columns(of: tensor.entry, rows: matrix.rowCount), to: target)
      }
      let place = header.count + tensor.offset + first * rowByteCount
      try file.write(UnsafeRawBufferPointer(rebasing: memory[..<(rows.count * rowByteCount)]), at: place)
      try progress(Double(place + rows.count * rowByteCount) / Double(byteCount))
    }
  }
}
