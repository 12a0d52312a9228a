/// Little-endian bytes, one value after the other.
struct ByteWriter {
  var bytes: [UInt8] = []

  mutating func add(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func add(_ text: String) {
    add(UInt64(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }
}

/// Builds small GGUF files, sound ones and broken ones: whatever a header can lie about can be set.
struct GGUFWriter {
  enum Value {
    case u16(UInt16)
    case u32(UInt32)
    case i32(Int32)
    case u64(UInt64)
    case f32(Float)
    case f64(Double)
    case bool(Bool)
    case string(String)
    case strings([String])
    case u32s([UInt32])
    case i32s([Int32])
    case f32s([Float])
    /// A type number with any bytes after it.
    case raw(UInt32, [UInt8])
  }

  struct Tensor {
    var name: String
    var dimensions: [UInt64]
    var type: UInt32 = 0
    var bytes: [UInt8]
    /// Nil puts it after the one before.
    var offset: UInt64?
    var rank: UInt32?
  }

  var magic = "GGUF"
  var version: UInt32 = 3
  var metadata: [(key: String, value: Value)] = []
  var tensors: [Tensor] = []
  var alignment = 32
  var metadataCount: UInt64?
  var tensorCount: UInt64?
  /// Bytes after the last tensor.
  var trailer: [UInt8] = []

  /// Adds a value or replaces the one that is there; nil takes it away.
  mutating func set(_ key: String, _ value: Value?) {
    let index = metadata.firstIndex { $0.key == key }
    switch (index, value) {
    case (let index?, let value?): metadata[index].value = value
    case (let index?, nil): metadata.remove(at: index)
    case (nil, let value?): metadata.append((key, value))
    case (nil, nil): break
    }
  }

  mutating func edit(_ tensor: String, _ body: (inout Tensor) -> Void) {
    for index in tensors.indices where tensors[index].name == tensor { body(&tensors[index]) }
  }

  /// The header alone.
  var header: [UInt8] {
    var writer = ByteWriter()
    writer.bytes.append(contentsOf: magic.utf8)
    writer.add(version)
    writer.add(tensorCount ?? UInt64(tensors.count))
    writer.add(metadataCount ?? UInt64(metadata.count))
    for (key, value) in metadata {
      writer.add(key)
      add(value, to: &writer)
    }
    var next = 0
    for tensor in tensors {
      writer.add(tensor.name)
      writer.add(tensor.rank ?? UInt32(tensor.dimensions.count))
      for dimension in tensor.dimensions { writer.add(dimension) }
      writer.add(tensor.type)
      writer.add(tensor.offset ?? UInt64(next))
      next = aligned(next + tensor.bytes.count)
    }
    return writer.bytes
  }

  var file: [UInt8] {
    var bytes = header
    if tensors.isEmpty { return bytes + trailer }
    for tensor in tensors {
      bytes.append(contentsOf: repeatElement(0, count: aligned(bytes.count) - bytes.count))
      bytes.append(contentsOf: tensor.bytes)
    }
    return bytes + trailer
  }

  private func aligned(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }

  private func add(_ value: Value, to writer: inout ByteWriter) {
    func array(_ type: UInt32, _ count: Int) {
      writer.add(UInt32(9))
      writer.add(type)
      writer.add(UInt64(count))
    }
    func simple(_ type: UInt32, _ value: some FixedWidthInteger) {
      writer.add(type)
      writer.add(value)
    }
    switch value {
    case .u16(let number): simple(2, number)
    case .u32(let number): simple(4, number)
    case .i32(let number): simple(5, number)
    case .u64(let number): simple(10, number)
    case .f32(let number): simple(6, number.bitPattern)
    case .f64(let number): simple(12, number.bitPattern)
    case .bool(let flag): simple(7, UInt8(flag ? 1 : 0))
    case .string(let text):
      writer.add(UInt32(8))
      writer.add(text)
    case .strings(let texts):
      array(8, texts.count)
      for text in texts { writer.add(text) }
    case .u32s(let numbers):
      array(4, numbers.count)
      for number in numbers { writer.add(number) }
    case .i32s(let numbers):
      array(5, numbers.count)
      for number in numbers { writer.add(number) }
    case .f32s(let numbers):
      array(6, numbers.count)
      for number in numbers { writer.add(number.bitPattern) }
    case .raw(let type, let bytes):
      writer.add(type)
      writer.bytes.append(contentsOf: bytes)
    }
  }
}
