/// The fields of one protobuf message, one after the other, as they lie in its bytes. Nothing is copied, and nothing is
/// believed: a length beyond the message, a number that does not end and an unknown wire type are damage.
struct ProtobufFields {
  enum Value {
    case number(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    case bytes(ArraySlice<UInt8>)
  }

  struct Field {
    let number: UInt64
    let value: Value
  }

  struct Damage: Error {
    /// Where in the file.
    let offset: Int
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// Nil behind the last one.
  mutating func next() throws(Damage) -> Field? {
    guard !rest.isEmpty else { return nil }
    let tag = try number()
    guard tag >> 3 != 0 else { throw Damage(offset: rest.startIndex) }
    return Field(number: tag >> 3, value: try value(wireType: tag & 7))
  }

  private mutating func value(wireType: UInt64) throws(Damage) -> Value {
    switch wireType {
    case 0: return .number(try number())
    case 1: return .fixed64(Self.littleEndian(try take(8)))
    case 2: return .bytes(try take(try number()))
    case 5: return .fixed32(UInt32(truncatingIfNeeded: Self.littleEndian(try take(4))))
    default: throw Damage(offset: rest.startIndex)
    }
  }

  /// Seven bits a byte, the lowest first; of ten bytes at most.
  private mutating func number() throws(Damage) -> UInt64 {
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst() else { break }
      number |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return number }
    }
    throw Damage(offset: rest.startIndex)
  }

  private mutating func take(_ count: UInt64) throws(Damage) -> ArraySlice<UInt8> {
    guard count <= UInt64(rest.count) else { throw Damage(offset: rest.startIndex) }
    let taken = rest.prefix(Int(count))
    rest = rest.dropFirst(Int(count))
    return taken
  }

  private static func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
