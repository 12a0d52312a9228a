import Core
import Tensors

extension GGUFFile {
  /// The entry with the dimensions that the model calls for. Converters may write further ones of 1, or leave them out.
  /// - Throws: `CheckpointError` when it has others.
  func shaped(_ entry: TensorEntry, _ dimensions: [Int]) throws(CheckpointError) -> TensorEntry {
    guard Self.isSame(entry.dimensions, dimensions) else {
      throw .invalid(
        fileName(of: entry), tensorSubject(entry.name),
        "has dimensions \(entry.dimensions), but the metadata calls for \(dimensions)")
    }
    return TensorEntry(
      name: entry.name, type: entry.type, dimensions: dimensions, fileIndex: entry.fileIndex, offset: entry.offset,
      byteCount: entry.byteCount)
  }

  /// Whether shapes differ in trailing dimensions of 1 only.
  private static func isSame(_ one: [Int], _ other: [Int]) -> Bool {
    let count = min(one.count, other.count)
    let further = one.dropFirst(count) + other.dropFirst(count)
    return one.prefix(count) == other.prefix(count) && further.allSatisfy { $0 == 1 }
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

  /// All numbers of a small tensor of floating-point type; each is finite.
  func vector(_ entry: TensorEntry) throws(CheckpointError) -> [Float] {
    let subject = tensorSubject(entry.name)
    let type = try elementType(entry)
    guard let bytes = bytes(of: entry) else {
      throw .damaged(fileName(of: entry), subject, "is not stored on this machine")
    }
    let values: [Float]
    switch type {
    case .f32: values = littleEndian(bytes) { (bits: UInt32) in Float(bitPattern: bits) }
    case .f16: values = littleEndian(bytes) { (bits: UInt16) in Float(Float16(bitPattern: bits)) }
    case .bf16: values = littleEndian(bytes) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    default:
      throw .unsupported(
        fileName(of: entry), subject, "is a vector in \(type), where F32, F16 or BF16 is read",
        remedy: "convert the model again, leaving its vectors in F32")
    }
    guard values.allSatisfy(\.isFinite) else {
      throw .damaged(fileName(of: entry), subject, "has a number that is not finite")
    }
    return values
  }

  private func littleEndian<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ value: (Bits) -> Float
  ) -> [Float] {
    stride(from: 0, to: bytes.count, by: MemoryLayout<Bits>.size).map {
      value(Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Bits.self)))
    }
  }

  func fileName(of entry: TensorEntry) -> String { fileNames[entry.fileIndex] }
}
