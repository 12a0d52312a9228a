/// Reads the tensor directory of one file and checks it as a whole: names are unique, and every tensor lies
/// within the file and apart from the others. Tensors of types that cannot be computed with are listed like
/// all others.
struct TensorDirectoryParser {
  let fileName: String
  let fileIndex: Int
  let fileByteCount: Int
  let alignment: Int
  private var entries: [TensorEntry] = []
  private var names: Set<String> = []

  init(fileName: String, fileIndex: Int, fileByteCount: Int, alignment: Int) {
    self.fileName = fileName
    self.fileIndex = fileIndex
    self.fileByteCount = fileByteCount
    self.alignment = alignment
  }

  /// Reads one entry; its offset still counts from the beginning of the data, which is known only at the end.
  mutating func read(_ index: Int, from cursor: inout ByteCursor) throws(CheckpointError) {
    let name = try readName(
      from: &cursor, fileName: fileName, subject: "the name of tensor \(index)",
      limit: GGUFLimits.tensorNameByteCount)
    let subject = tensorSubject(name)
    guard names.insert(name).inserted else {
      throw .damaged(fileName, subject, "stands twice in the directory")
    }
    guard let rank: UInt32 = cursor.integer() else { throw ends(subject) }
    guard (1...GGUFLimits.dimensionCount).contains(Int(rank)) else {
      throw .damaged(
        fileName, subject, "has \(rank) dimensions, where 1 to \(GGUFLimits.dimensionCount) are possible")
    }
    var dimensions: [Int] = []
    for _ in 0..<rank {
      guard let raw: UInt64 = cursor.integer() else { throw ends(subject) }
      guard let dimension = Int(exactly: raw), dimension > 0 else {
        throw .damaged(fileName, subject, "has a dimension of \(raw)")
      }
      dimensions.append(dimension)
    }
    // Some converters write every tensor with the same rank.
    while dimensions.count > 2, dimensions.last == 1 { dimensions.removeLast() }
    guard let number: UInt32 = cursor.integer(), let rawOffset: UInt64 = cursor.integer() else {
      throw ends(subject)
    }
    let type = TensorType(number: number)
    let byteCount = try byteCount(of: dimensions, type: type, subject: subject)
    guard let offset = Int(exactly: rawOffset), offset % alignment == 0 else {
      throw .damaged(
        fileName, subject,
        "begins at offset \(rawOffset), which is not a multiple of the alignment \(alignment)")
    }
    entries.append(
      TensorEntry(
        name: name, type: type, dimensions: dimensions, fileIndex: fileIndex, offset: offset,
        byteCount: byteCount))
  }

  /// The entries in file order, with offsets counted from the file's beginning.
  consuming func finish(headerByteCount: Int) throws(CheckpointError) -> [TensorEntry] {
    // The header lies within the file, so rounding its end up cannot overflow.
    let dataStart = (headerByteCount + alignment - 1) / alignment * alignment
    var placed: [TensorEntry] = []
    placed.reserveCapacity(entries.count)
    for entry in entries {
      let (start, startOverflows) = dataStart.addingReportingOverflow(entry.offset)
      let (end, endOverflows) = start.addingReportingOverflow(entry.byteCount ?? 0)
      guard !startOverflows, !endOverflows, end <= fileByteCount else {
        throw .damaged(
          fileName, tensorSubject(entry.name),
          "lies outside the file (offset \(entry.offset) of the data, "
            + "\(entry.byteCount.map(String.init) ?? "unknown") bytes, in a file of \(fileByteCount))")
      }
      placed.append(
        TensorEntry(
          name: entry.name, type: entry.type, dimensions: entry.dimensions, fileIndex: fileIndex,
          offset: start,
          byteCount: entry.byteCount))
    }
    try checkApart(placed)
    return placed
  }

  /// Sorted by where they begin, each must end before the next begins.
  private func checkApart(_ entries: [TensorEntry]) throws(CheckpointError) {
    let order = entries.indices.sorted { entries[$0].offset < entries[$1].offset }
    for (left, right) in zip(order, order.dropFirst()) {
      let (first, second) = (entries[left], entries[right])
      guard first.offset + max(first.byteCount ?? 0, 1) <= second.offset else {
        throw .damaged(
          fileName, tensorSubject(second.name), "overlaps \(tensorSubject(first.name)) in the file")
      }
    }
  }

  /// Nil for types of unknown size; throws when the product overflows or a row is not a whole number of
  /// blocks.
  private func byteCount(
    of dimensions: [Int], type: TensorType, subject: String
  ) throws(CheckpointError) -> Int? {
    var elementCount = 1
    for dimension in dimensions {
      let (product, overflow) = elementCount.multipliedReportingOverflow(by: dimension)
      guard !overflow else { throw .damaged(fileName, subject, "has more elements than can be counted") }
      elementCount = product
    }
    guard let block = type.block else { return nil }
    guard dimensions[0] % block.elementCount == 0 else {
      throw .damaged(
        fileName, subject, "has rows of \(dimensions[0]), not whole \(type) blocks of \(block.elementCount)")
    }
    let (bytes, overflow) = (elementCount / block.elementCount).multipliedReportingOverflow(
      by: block.byteCount)
    guard !overflow else { throw .damaged(fileName, subject, "has more bytes than can be counted") }
    return bytes
  }

  private func ends(_ subject: String) -> CheckpointError {
    .damaged(fileName, nil, "ends in the middle of \(subject)'s directory entry")
  }
}
