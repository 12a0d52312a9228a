import Core
import Tensors

extension GGUFFile {
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
