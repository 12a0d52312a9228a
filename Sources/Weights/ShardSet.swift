/// The files a split checkpoint consists of, found by the name of one of them: names end in `-00001-of-00003.gguf`, and
/// the metadata repeats both numbers.
struct ShardSet {
  static let tensorCountKey = "split.tensors.count"
  private static let countKey = "split.count"
  private static let indexKey = "split.no"

  /// Path up to and including the `-` before the number.
  private let stem: String
  /// Which one was opened, from 0.
  let index: Int
  let count: Int
  /// Tensors of all shards together, when the file says so.
  let tensorCount: Int?

  /// Nil for a file that was not split.
  init?(path: String, metadata: Metadata) throws(CheckpointError) {
    let count = try metadata.integer(Self.countKey, in: 0...Int(UInt16.max)) ?? 1
    guard count > 1 else { return nil }
    guard count <= GGUFLimits.shardCount else {
      throw metadata.refusal(
        Self.countKey, "is \(count), and at most \(GGUFLimits.shardCount) shards are read")
    }
    guard let name = ShardName(path: path), name.count == count else {
      throw .unsupported(
        metadata.fileName, nil,
        "is one of \(count) shards but is not named like one (…-00001-of-\(ShardName.digits(count)).gguf)",
        remedy: "give the shards their original names, all in one folder")
    }
    self.stem = name.stem
    self.index = name.number - 1
    self.count = count
    self.tensorCount = try metadata.integer(Self.tensorCountKey, in: 0...GGUFLimits.tensorCount)
  }

  func path(_ index: Int) -> String {
    "\(stem)\(ShardName.digits(index + 1))-of-\(ShardName.digits(count)).gguf"
  }

  /// Whether a file says of itself that it is this shard of this set.
  func check(_ metadata: Metadata, isShard index: Int) throws(CheckpointError) {
    let number = try metadata.integer(Self.indexKey, in: 0...Int(UInt16.max))
    guard number == index else {
      throw metadata.refusal(
        Self.indexKey, "is \(number.map(String.init) ?? "missing"), but by its name it must be \(index)")
    }
    let count = try metadata.integer(Self.countKey, in: 0...Int(UInt16.max))
    guard count == self.count else {
      throw metadata.refusal(
        Self.countKey, "is \(count.map(String.init) ?? "missing") where another shard says \(self.count)")
    }
    let tensorCount = try metadata.integer(Self.tensorCountKey, in: 0...GGUFLimits.tensorCount)
    guard tensorCount == self.tensorCount else {
      throw metadata.refusal(Self.tensorCountKey, "differs between the shards")
    }
  }

  static func lastComponent(_ path: String) -> String {
    printable(path.split(separator: "/").last.map(String.init) ?? path, limit: 255)
  }
}

/// A file name of the form `STEM-00001-of-00003.gguf`, taken apart.
private struct ShardName {
  let stem: String
  let number: Int
  let count: Int

  init?(path: String) {
    let suffix = ".gguf"
    guard path.hasSuffix(suffix) else { return nil }
    let bytes = Array(path.utf8.dropLast(suffix.utf8.count))
    // Five digits, "-of-", five digits, with a "-" before them.
    guard bytes.count >= 15, bytes[bytes.count - 15] == UInt8(ascii: "-"),
      Array(bytes[(bytes.count - 9)..<(bytes.count - 5)]) == Array("-of-".utf8),
      let number = Self.number(bytes[(bytes.count - 14)..<(bytes.count - 9)]),
      let count = Self.number(bytes.suffix(5)), number >= 1, number <= count
    else { return nil }
    self.stem = String(decoding: bytes.dropLast(14), as: UTF8.self)
    self.number = number
    self.count = count
  }

  static func digits(_ number: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, 5 - text.count)) + text
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    var result = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      result = result * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return result
  }
}
