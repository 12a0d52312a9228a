import Tensors

/// One value of a checkpoint's metadata.
package enum MetadataValue: Sendable {
  case unsigned(UInt64)
  case signed(Int64)
  case float(Double)
  case bool(Bool)
  case string(String)
  /// A string that is not UTF-8, with U+FFFD where it is not: good enough to show, refused where it decides anything.
  case repairedString(String)
  case array(MetadataArray)
  /// An array of arrays, of so many; no reader wants one, so it is passed over.
  case nestedArray(count: Int)
}

/// The value types of GGUF. Raw values are the format's numbers.
package enum MetadataType: UInt32, Sendable {
  case uint8 = 0
  case int8 = 1
  case uint16 = 2
  case int16 = 3
  case uint32 = 4
  case int32 = 5
  case float32 = 6
  case bool = 7
  case string = 8
  case array = 9
  case uint64 = 10
  case int64 = 11
  case float64 = 12

  /// Bytes of one value; nil for those of no fixed size.
  var byteCount: Int? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .string, .array: nil
    }
  }

  /// Bytes of the smallest value: a string's length, an array's element type and count.
  var smallestByteCount: Int { byteCount ?? (self == .array ? 12 : 8) }
}

/// An array of a checkpoint's metadata, left in the file until it is asked for: vocabularies have hundreds of
/// thousands of entries and most readers of a header want none of them. Its extent was checked when the
/// header was read. What stands for a folder's configuration is in memory.
package struct MetadataArray: Sendable {
  package let elementType: MetadataType
  package let count: Int
  private let storage: Storage

  private enum Storage: Sendable {
    case file(MappedFile, Range<Int>)
    case memory([UInt8])
  }

  init(elementType: MetadataType, count: Int, file: MappedFile, range: Range<Int>) {
    self.elementType = elementType
    self.count = count
    storage = .file(file, range)
  }

  init(_ integers: [UInt32]) {
    elementType = .uint32
    count = integers.count
    storage = .memory(integers.flatMap { integer in (0..<4).map { UInt8(truncatingIfNeeded: integer >> (8 * $0)) } })
  }

  init(_ flags: [Bool]) {
    elementType = .bool
    count = flags.count
    storage = .memory(flags.map { $0 ? 1 : 0 })
  }

  /// Bytes of every string, or nil when these are not strings. Cost: one allocation a string.
  package func strings() -> [[UInt8]]? {
    guard elementType == .string else { return nil }
    var result: [[UInt8]] = []
    result.reserveCapacity(count)
    return read { cursor in
      for _ in 0..<count {
        guard let length: UInt64 = cursor.integer(), let bytes = cursor.take(length) else { return nil }
        result.append([UInt8](bytes))
      }
      return result
    }
  }

  /// Every flag, or nil when these are not bools.
  package func flags() -> [Bool]? {
    elementType == .bool ? all(UInt8.self) { $0 != 0 } : nil
  }

  /// Every number as `Float`, or nil when these are not floating-point numbers.
  package func floats() -> [Float]? {
    switch elementType {
    case .float32: all(UInt32.self) { Float(bitPattern: $0) }
    case .float64: all(UInt64.self) { Float(Double(bitPattern: $0)) }
    default: nil
    }
  }

  /// Every number, or nil when these are not integers or one exceeds `Int`.
  package func integers() -> [Int]? {
    switch elementType {
    case .uint8: all(UInt8.self) { Int($0) }
    case .int8: all(Int8.self) { Int($0) }
    case .uint16: all(UInt16.self) { Int($0) }
    case .int16: all(Int16.self) { Int($0) }
    case .uint32: all(UInt32.self) { Int($0) }
    case .int32: all(Int32.self) { Int($0) }
    case .uint64: all(UInt64.self) { Int(exactly: $0) }
    case .int64: all(Int64.self) { Int($0) }
    case .float32, .float64, .bool, .string, .array: nil
    }
  }

  /// Its elements as the file has them.
  ///
  /// Safety: the mapping outlives the closure; its range was checked against it.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    switch storage {
    case .file(let file, let range):
      withExtendedLifetime(file) { body(UnsafeRawBufferPointer(rebasing: file.bytes[range])) }
    case .memory(let bytes): bytes.withUnsafeBytes { body($0) }
    }
  }

  /// The first `limit` elements as text, for listings.
  func preview(limit: Int) -> [String] {
    read { cursor in
      var result: [String] = []
      for _ in 0..<min(limit, count) {
        guard let value = MetadataValue(elementType, from: &cursor) else { break }
        result.append(value.summary(arrayLimit: 0))
      }
      return result
    }
  }

  private func all<Raw: FixedWidthInteger & BitwiseCopyable, Value>(
    _ raw: Raw.Type, _ convert: (Raw) -> Value?
  ) -> [Value]? {
    var result: [Value] = []
    result.reserveCapacity(count)
    return read { cursor in
      for _ in 0..<count {
        guard let value = cursor.integer(raw).flatMap(convert) else { return nil }
        result.append(value)
      }
      return result
    }
  }

  private func read<Result>(_ body: (inout ByteCursor) -> Result) -> Result {
    withBytes { bytes in
      var cursor = ByteCursor(bytes)
      return body(&cursor)
    }
  }
}

extension MetadataValue {
  /// The next value of a simple type; nil when the bytes end, when a string is too long, for a bool that is neither
  /// 0 nor 1, and for arrays.
  init?(_ type: MetadataType, from cursor: inout ByteCursor) {
    switch type {
    case .uint8: self.init(unsigned: cursor.integer(UInt8.self))
    case .uint16: self.init(unsigned: cursor.integer(UInt16.self))
    case .uint32: self.init(unsigned: cursor.integer(UInt32.self))
    case .uint64: self.init(unsigned: cursor.integer(UInt64.self))
    case .int8: self.init(signed: cursor.integer(Int8.self))
    case .int16: self.init(signed: cursor.integer(Int16.self))
    case .int32: self.init(signed: cursor.integer(Int32.self))
    case .int64: self.init(signed: cursor.integer(Int64.self))
    case .float32:
      guard let bits: UInt32 = cursor.integer() else { return nil }
      self = .float(Double(Float(bitPattern: bits)))
    case .float64:
      guard let bits: UInt64 = cursor.integer() else { return nil }
      self = .float(Double(bitPattern: bits))
    case .bool:
      guard let byte: UInt8 = cursor.integer(), byte <= 1 else { return nil }
      self = .bool(byte == 1)
    case .string:
      guard let length: UInt64 = cursor.integer(), length <= GGUFLimits.stringByteCount,
        let bytes = cursor.take(length)
      else { return nil }
      self =
        String(validating: bytes, as: UTF8.self).map { MetadataValue.string($0) }
        ?? .repairedString(String(decoding: bytes, as: UTF8.self))
    case .array: return nil
    }
  }

  private init?(unsigned value: (some UnsignedInteger)?) {
    guard let value else { return nil }
    self = .unsigned(UInt64(value))
  }

  private init?(signed value: (some SignedInteger)?) {
    guard let value else { return nil }
    self = .signed(Int64(value))
  }

  /// One printable line; of arrays only the first `arrayLimit` elements.
  func summary(arrayLimit: Int) -> String {
    switch self {
    case .unsigned(let value): return "\(value)"
    case .signed(let value): return "\(value)"
    case .float(let value): return "\(value)"
    case .bool(let value): return "\(value)"
    case .string(let text), .repairedString(let text): return "\"\(printable(text))\""
    case .array(let array):
      let shown = array.preview(limit: arrayLimit).joined(separator: ", ")
      return array.count > arrayLimit ? "[\(shown), … \(array.count) in all]" : "[\(shown)]"
    case .nestedArray(let count): return "[\(count) arrays]"
    }
  }
}
