import Tensors

/// What stands in one GGUF file before its tensors' bytes.
struct GGUFHeader: Sendable {
  let metadata: Metadata
  let tensors: [TensorEntry]
  /// Bytes from the file's beginning to the directory's end.
  let byteCount: Int
}

/// Reads one file's header. It believes nothing: every count is held against the bytes that are left before
/// it sizes or repeats anything, so the work and the memory are bounded by the file's own length.
struct GGUFHeaderParser {
  private let file: MappedFile
  private let fileByteCount: Int
  private let fileName: String
  private let fileIndex: Int
  private var cursor: ByteCursor

  /// - Parameter fileByteCount: of the whole file, where `file` has no more than the header of it.
  ///
  /// Safety: `parse` keeps `file` alive for as long as the cursor is used.
  static func parse(
    _ file: MappedFile, name: String, index: Int, fileByteCount: Int
  ) throws(CheckpointError) -> GGUFHeader {
    var parser = GGUFHeaderParser(file: file, name: name, index: index, fileByteCount: fileByteCount)
    let header = try parser.header()
    return withExtendedLifetime(file) { header }
  }

  private init(file: MappedFile, name: String, index: Int, fileByteCount: Int) {
    self.file = file
    self.fileByteCount = fileByteCount
    self.fileName = name
    self.fileIndex = index
    self.cursor = ByteCursor(file.bytes)
  }

  private mutating func header() throws(CheckpointError) -> GGUFHeader {
    try checkFormat()
    let tensorCount = try count(
      "the tensor count", limit: GGUFLimits.tensorCount, smallest: GGUFLimits.smallestTensorByteCount)
    let metadataCount = try count(
      "the metadata count", limit: GGUFLimits.metadataCount, smallest: GGUFLimits.smallestMetadataByteCount)
    var metadata = Metadata(fileName: fileName)
    for index in 0..<metadataCount { try metadataEntry(index, into: &metadata) }
    let alignment = try alignment(of: metadata)
    var directory = TensorDirectoryParser(
      fileName: fileName, fileIndex: fileIndex, fileByteCount: fileByteCount, alignment: alignment)
    for index in 0..<tensorCount { try directory.read(index, from: &cursor) }
    return GGUFHeader(
      metadata: metadata, tensors: try directory.finish(headerByteCount: cursor.position),
      byteCount: cursor.position)
  }

  private mutating func checkFormat() throws(CheckpointError) {
    guard let magic: UInt32 = cursor.integer() else {
      throw .damaged(fileName, nil, "has only \(cursor.remaining) bytes, too few for a GGUF file")
    }
    guard magic == 0x4655_4747 else {  // "GGUF"
      throw .unsupported(
        fileName, nil, "is not a GGUF file (it does not begin with GGUF)",
        remedy: "convert the model to GGUF, or give the path of its .gguf file")
    }
    guard let version: UInt32 = cursor.integer() else { throw ends("the format version") }
    switch version {
    case 2, 3: return
    case 1:
      throw .unsupported(
        fileName, nil, "has GGUF version 1, which had 32-bit counts and is not read any more (2 and 3 are)",
        remedy: "convert the model again with a current converter")
    case _ where version & 0xFFFF == 0 && version != 0:
      throw .unsupported(
        fileName, nil, "is a big-endian GGUF file, and only little-endian ones are read",
        remedy: "convert the model on, or for, a little-endian machine")
    default:
      throw .unsupported(
        fileName, nil, "has GGUF version \(version), and this version reads 2 and 3",
        remedy: "convert the model again with a current converter, or use a newer release")
    }
  }

  /// A count of things that take at least `smallest` bytes each, so that more than fit cannot be there.
  private mutating func count(
    _ subject: String, limit: Int, smallest: Int
  ) throws(CheckpointError) -> Int {
    guard let raw: UInt64 = cursor.integer() else { throw ends(subject) }
    guard raw <= UInt64(cursor.remaining / smallest) else {
      throw .damaged(fileName, subject, "is \(raw), more than the file's \(fileByteCount) bytes can hold")
    }
    guard let count = Int(exactly: raw), count <= limit else {
      throw .damaged(fileName, subject, "is \(raw), and at most \(limit) are read")
    }
    return count
  }

  private mutating func metadataEntry(
    _ index: Int, into metadata: inout Metadata
  ) throws(CheckpointError) {
    let key = try readName(
      from: &cursor, fileName: fileName, subject: "the key of metadata entry \(index)",
      limit: GGUFLimits.keyByteCount)
    guard let number: UInt32 = cursor.integer() else { throw ends(key) }
    guard let type = MetadataType(rawValue: number) else {
      throw .damaged(fileName, key, "has the unknown value type \(number)")
    }
    let value = type == .array ? try arrayValue(key) : try simpleValue(key, type)
    guard metadata.insert(key, value) else {
      throw .damaged(fileName, key, "stands twice in the metadata")
    }
  }

  private mutating func simpleValue(_ key: String, _ type: MetadataType) throws(CheckpointError)
    -> MetadataValue
  {
    let before = cursor
    if let value = MetadataValue(type, from: &cursor) { return value }
    // Find out which of the reasons it was; this is the failing path, so reading twice costs nothing.
    cursor = before
    switch type {
    case .bool where cursor.remaining > 0:
      throw .damaged(fileName, key, "is a bool that is neither 0 nor 1")
    case .string:
      guard let length: UInt64 = cursor.integer() else { throw ends(key) }
      try checkStringLength(length, key)
      throw ends(key)
    default: throw ends(key)
    }
  }

  private mutating func arrayValue(_ key: String, depth: Int = 0) throws(CheckpointError) -> MetadataValue {
    guard let number: UInt32 = cursor.integer() else { throw ends(key) }
    guard let type = MetadataType(rawValue: number) else {
      throw .damaged(fileName, key, "is an array of the unknown value type \(number)")
    }
    guard let rawCount: UInt64 = cursor.integer() else { throw ends(key) }
    let smallest = type.smallestByteCount
    guard rawCount <= UInt64(cursor.remaining / smallest) else {
      throw .damaged(
        fileName, key,
        "is an array of \(rawCount) elements, more than the \(cursor.remaining) bytes left can hold")
    }
    let count = Int(rawCount)
    let start = cursor.position
    switch type {
    case .array:
      guard depth < GGUFLimits.arrayDepth else {
        throw .damaged(fileName, key, "has arrays nested deeper than \(GGUFLimits.arrayDepth)")
      }
      for _ in 0..<count { _ = try arrayValue(key, depth: depth + 1) }
      return .nestedArray(count: count)
    case .string:
      for _ in 0..<count {
        guard let length: UInt64 = cursor.integer() else { throw ends(key) }
        try checkStringLength(length, key)
        guard cursor.take(length) != nil else { throw ends(key) }
      }
    default:
      // Cannot overflow: the quotient above bounds the product by what is left.
      guard cursor.take(UInt64(count * smallest)) != nil else { throw ends(key) }
    }
    return .array(MetadataArray(elementType: type, count: count, file: file, range: start..<cursor.position))
  }

  private func checkStringLength(_ length: UInt64, _ key: String) throws(CheckpointError) {
    guard length <= UInt64(cursor.remaining) else {
      throw .damaged(fileName, key, "has a string of \(length) bytes where only \(cursor.remaining) are left")
    }
    guard length <= GGUFLimits.stringByteCount else {
      throw .damaged(
        fileName, key, "has a string of \(length) bytes, and at most \(GGUFLimits.stringByteCount) are read")
    }
  }

  private func alignment(of metadata: Metadata) throws(CheckpointError) -> Int {
    let key = "general.alignment"
    let value = try metadata.integer(key, in: GGUFLimits.alignment) ?? GGUFLimits.defaultAlignment
    guard value & (value - 1) == 0 else { throw .damaged(fileName, key, "is \(value), not a power of two") }
    return value
  }

  private func ends(_ subject: String) -> CheckpointError {
    .damaged(fileName, nil, "ends in the middle of \(subject)")
  }
}

/// A key or tensor name: length, then that many printable ASCII characters (so that names can stand in
/// messages and two names that look alike are alike).
func readName(
  from cursor: inout ByteCursor, fileName: String, subject: String, limit: Int
) throws(CheckpointError) -> String {
  guard let length: UInt64 = cursor.integer() else {
    throw .damaged(fileName, nil, "ends in the middle of \(subject)")
  }
  guard length > 0 else { throw .damaged(fileName, subject, "is empty") }
  guard length <= limit else {
    throw .damaged(fileName, subject, "is \(length) bytes long, and at most \(limit) are read")
  }
  guard let bytes = cursor.take(length) else {
    throw .damaged(fileName, nil, "ends in the middle of \(subject)")
  }
  guard bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else {
    throw .damaged(fileName, subject, "has characters other than printable ASCII")
  }
  return String(decoding: bytes, as: UTF8.self)
}
