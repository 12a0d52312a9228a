/// Bytes of a GGUF header (version 3, little-endian): metadata, then the tensor directory.
struct GGUFHeaderWriter {
  /// A tensor's line of the directory.
  struct Tensor {
    let name: String
    /// Innermost first.
    let dimensions: [Int]
    let type: UInt32
    /// From the beginning of the data section, a multiple of `alignment`.
    let offset: Int
  }

  enum Value {
    case count(Int)
    case float(Float)
    case flag(Bool)
    case text(String)
    case texts([String])
    case byteTexts([[UInt8]])
    case floats([Float])
    case counts([Int32])
    case wide(UInt64)
    case signed(Int64)
    case double(Double)
    /// As another file has it.
    case array(MetadataArray)
  }

  static let alignment = 32
  private(set) var bytes: [UInt8] = []

  init(metadata: [(String, Value)], tensors: [Tensor]) {
    bytes.append(contentsOf: "GGUF".utf8)
    add(UInt32(3))
    add(UInt64(tensors.count))
    add(UInt64(metadata.count))
    for (key, value) in metadata {
      add(key)
      add(value)
    }
    for tensor in tensors {
      add(tensor.name)
      add(UInt32(tensor.dimensions.count))
      for dimension in tensor.dimensions { add(UInt64(dimension)) }
      add(tensor.type)
      add(UInt64(tensor.offset))
    }
    bytes.append(contentsOf: repeatElement(0, count: Self.aligned(bytes.count) - bytes.count))
  }

  static func aligned(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }

  private mutating func add(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private mutating func add(_ text: String) {
    add(UInt64(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  /// Type numbers are the format's: 4 u32, 5 i32, 6 f32, 7 bool, 8 string, 9 array, 10 u64, 11 i64, 12
  /// f64.
  private mutating func add(_ value: Value) {
    switch value {
    case .count(let number):
      add(UInt32(4))
      add(UInt32(clamping: number))
    case .float(let number):
      add(UInt32(6))
      add(number.bitPattern)
    case .flag(let flag):
      add(UInt32(7))
      add(UInt8(flag ? 1 : 0))
    case .text(let text):
      add(UInt32(8))
      add(text)
    case .texts(let texts):
      beginArray(of: 8, count: texts.count)
      for text in texts { add(text) }
    case .byteTexts(let texts):
      beginArray(of: 8, count: texts.count)
      for text in texts {
        add(UInt64(text.count))
        bytes.append(contentsOf: text)
      }
    case .floats(let numbers):
      beginArray(of: 6, count: numbers.count)
      for number in numbers { add(number.bitPattern) }
    case .counts(let numbers):
      beginArray(of: 5, count: numbers.count)
      for number in numbers { add(number) }
    case .wide(let number):
      add(UInt32(10))
      add(number)
    case .signed(let number):
      let isNarrow = Int32(exactly: number) != nil
      add(UInt32(isNarrow ? 5 : 11))
      if isNarrow { add(Int32(truncatingIfNeeded: number)) } else { add(number) }
    case .double(let number):
      add(UInt32(12))
      add(number.bitPattern)
    case .array(let array):
      beginArray(of: array.elementType.rawValue, count: array.count)
      array.withBytes { bytes.append(contentsOf: $0) }
    }
  }

  private mutating func beginArray(of type: UInt32, count: Int) {
    add(UInt32(9))
    add(type)
    add(UInt64(count))
  }
}
