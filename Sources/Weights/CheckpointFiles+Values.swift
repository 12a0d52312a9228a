import Core
import Tensors

extension CheckpointFiles {
  /// Throws when an entry has other dimensions than the model calls for. A vector may be a matrix of one row.
  func check(_ entry: TensorEntry, dimensions: [Int]) throws(CheckpointError) {
    guard entry.dimensions == dimensions || (dimensions.count == 1 && entry.dimensions == dimensions + [1]) else {
      throw .invalid(
        fileName(of: entry), tensorSubject(entry.name),
        "has dimensions \(entry.dimensions), but the metadata calls for \(dimensions)")
    }
  }

  /// The entry's type when it can be computed with.
  func elementType(_ entry: TensorEntry) throws(CheckpointError) -> ElementType {
    guard let element = entry.type.element else {
      let number = entry.type.block == nil ? "\(entry.type)" : "type \(entry.type.number) (\(entry.type))"
      throw .unsupported(
        fileName(of: entry), tensorSubject(entry.name),
        "has \(number), which this version does not read; supported: \(TensorType.supportedNames)",
        remedy: "use a file of the model in one of these types")
    }
    return element
  }

  /// A tensor as a matrix: of more dimensions, all but the first count rows; a vector is one row.
  func matrix(_ entry: TensorEntry) throws(CheckpointError) -> WeightMatrix {
    let type = try elementType(entry)
    guard let source = rows(of: entry) else {
      throw .damaged(fileName(of: entry), tensorSubject(entry.name), "is not stored on this machine")
    }
    // Of a vector that is made by a recipe, each number is a row.
    let columnCount = if case .made(let made, _) = source { made.recipe.columnCount } else { entry.dimensions[0] }
    // The directory's sizes were checked: their product does not overflow.
    let rowCount = entry.dimensions.reduce(1, *) / columnCount
    guard let byteCount = entry.byteCount, let rowByteCount = type.rowByteCount(elementCount: columnCount),
      byteCount == rowCount * rowByteCount
    else { throw .damaged(fileName(of: entry), tensorSubject(entry.name), "is not a matrix") }
    return WeightMatrix(
      type: type, rowCount: rowCount, columnCount: columnCount, rowByteCount: rowByteCount, source: source)
  }

  /// All numbers of a small tensor of floating-point type; each is finite.
  func vector(_ entry: TensorEntry) throws(CheckpointError) -> [Float] {
    let subject = tensorSubject(entry.name)
    let type = try elementType(entry)
    guard let convert = Self.numbers(of: type) else {
      throw .unsupported(
        fileName(of: entry), subject, "is a vector in \(type), where F32, F16 or BF16 is read",
        remedy: "convert the model again, leaving its vectors in F32")
    }
    let matrix = try matrix(entry)
    let values: [Float]
    if let mapped = matrix.mapped {
      values = convert(mapped)
    } else {
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: matrix.byteCount, alignment: 64)
      defer { memory.deallocate() }
      if let start = memory.baseAddress { matrix.copy(0..<matrix.rowCount, to: start) }
      values = convert(UnsafeRawBufferPointer(memory))
    }
    guard values.allSatisfy(\.isFinite) else {
      throw .damaged(fileName(of: entry), subject, "has a number that is not finite")
    }
    return values
  }

  private static func numbers(of type: ElementType) -> ((UnsafeRawBufferPointer) -> [Float])? {
    switch type {
    case .f32: return { bytes in littleEndian(bytes) { (bits: UInt32) in Float(bitPattern: bits) } }
    case .f16: return { bytes in littleEndian(bytes) { (bits: UInt16) in Float(Float16(bitPattern: bits)) } }
    case .bf16: return { bytes in littleEndian(bytes) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) } }
    default: return nil
    }
  }

  private static func littleEndian<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ value: (Bits) -> Float
  ) -> [Float] {
    stride(from: 0, to: bytes.count, by: MemoryLayout<Bits>.size).map {
      value(Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Bits.self)))
    }
  }

  func fileName(of entry: TensorEntry) -> String { fileNames[entry.fileIndex] }
}
