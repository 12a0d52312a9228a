import JSON
import Tensors

/// What stands in a safetensors file before its tensors' bytes: the length of a JSON object in 8 bytes, and the object,
/// which has the type, shape and place of each tensor.
struct SafetensorsHeader: Sendable {
  let entries: [SafetensorsEntry]
  /// Bytes from the file's beginning to the first tensor's.
  let byteCount: Int

  /// The format's own limit.
  private static let maximumByteCount = 100_000_000
  private static let nameByteCount = 255
  private static let rank = 8

  /// Believes nothing: names are unique and printable, every tensor lies within the file, is as large as its shape
  /// says, and lies apart from the others.
  /// - Parameter fileByteCount: of the whole file, where `file` has no more than the header of it.
  init(_ file: MappedFile, name: String, index: Int, fileByteCount: Int) throws(CheckpointError) {
    var cursor = ByteCursor(file.bytes)
    guard let length: UInt64 = cursor.integer() else {
      throw .damaged(name, nil, "has only \(file.bytes.count) bytes, too few for a safetensors file")
    }
    guard length <= Self.maximumByteCount else {
      throw .damaged(name, "the header's length", "is \(length), and at most \(Self.maximumByteCount) are read")
    }
    guard let text = cursor.take(length) else {
      throw .damaged(name, nil, "ends in the middle of its header of \(length) bytes")
    }
    byteCount = 8 + Int(length)
    let root = try FolderValue.parse(withExtendedLifetime(file) { Array(text) }, name: name)
    guard let members = root.value.object?.members else { throw root.invalid("has a header that is no JSON object") }
    guard members.count <= GGUFLimits.tensorCount else {
      throw root.invalid("has \(members.count) tensors, and at most \(GGUFLimits.tensorCount) are read")
    }
    var entries: [SafetensorsEntry] = []
    for member in members where member.key != "__metadata__" {
      let value = FolderValue(value: member.value, file: name, path: tensorSubject(printable(member.key)))
      entries.append(
        try Self.entry(member.key, value, index: index, dataStart: byteCount, fileByteCount: fileByteCount))
    }
    self.entries = entries.sorted { $0.extent.offset < $1.extent.offset }
    for (first, second) in zip(self.entries, self.entries.dropFirst())
    where first.extent.offset + first.extent.byteCount > second.extent.offset {
      throw .damaged(name, tensorSubject(second.name), "overlaps \(tensorSubject(first.name)) in the file")
    }
  }

  private static func entry(
    _ name: String, _ value: FolderValue, index: Int, dataStart: Int, fileByteCount: Int
  ) throws(CheckpointError) -> SafetensorsEntry {
    let bytes = name.utf8
    guard (1...nameByteCount).contains(bytes.count), bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw value.damaged("has a name that is empty, too long or not of printable ASCII")
    }
    let typeName = try value.required("dtype").string()
    guard let type = SafetensorsType(rawValue: typeName) else {
      throw value.unsupported("has the type \(printable(typeName))")
    }
    var shape: [Int] = []
    var size = type.byteCount
    for dimension in try value.required("shape").array() {
      let number = try dimension.integer(in: 1...Int.max)
      let (product, overflow) = size.multipliedReportingOverflow(by: number)
      guard !overflow, shape.count < rank else { throw value.damaged("has more numbers than can be counted") }
      shape.append(number)
      size = product
    }
    let offsets = try value.required("data_offsets").array()
    guard offsets.count == 2 else { throw value.damaged("has \(offsets.count) data_offsets, not two") }
    let limit = fileByteCount - dataStart
    guard limit >= 0, let start = offsets[0].value.integer, let end = offsets[1].value.integer, start >= 0,
      start <= end, end <= limit
    else { throw value.damaged("lies outside the file of \(fileByteCount) bytes") }
    guard end - start == size else {
      throw value.damaged("has \(end - start) bytes, where its shape and type make \(size)")
    }
    return SafetensorsEntry(
      extent: TensorExtent(name: name, fileIndex: index, offset: dataStart + start, byteCount: size), type: type,
      shape: shape)
  }
}
