import Testing

/// A way to break the tiny model, and the words that must tell of it.
struct BrokenFile: Sendable, CustomTestStringConvertible {
  let title: String
  let words: String
  let make: @Sendable () -> [UInt8]

  /// Broken by changing what is written.
  init(_ title: String, _ words: String, _ change: @escaping @Sendable (inout GGUFWriter) -> Void) {
    self.title = title
    self.words = words
    self.make = {
      var writer = GGUFWriter.tinyModel()
      change(&writer)
      return writer.file
    }
  }

  /// Broken as bytes.
  init(bytes title: String, _ words: String, _ make: @escaping @Sendable () -> [UInt8]) {
    self.title = title
    self.words = words
    self.make = make
  }

  var testDescription: String { title }
}

/// A value that lies about its length: the array's element type and count with nothing behind them.
func emptyArray(of type: UInt32, count: UInt64) -> GGUFWriter.Value {
  .raw(9, arrayHead(type, count))
}

/// A string that says it has `length` bytes and has none.
func emptyString(length: UInt64) -> GGUFWriter.Value {
  var bytes = ByteWriter()
  bytes.add(length)
  return .raw(8, bytes.bytes)
}

/// A header that says how much follows, and whatever follows.
func header(version: UInt32 = 3, tensorCount: UInt64, metadataCount: UInt64, rest: [UInt8] = []) -> [UInt8] {
  var writer = ByteWriter()
  writer.bytes = Array("GGUF".utf8)
  writer.add(version)
  writer.add(tensorCount)
  writer.add(metadataCount)
  return writer.bytes + rest
}

/// The beginning of an array: its elements' type and their count.
func arrayHead(_ type: UInt32, _ count: UInt64) -> [UInt8] {
  var bytes = ByteWriter()
  bytes.add(type)
  bytes.add(count)
  return bytes.bytes
}

/// The beginning of an array of `count` arrays.
func nested(_ count: UInt64) -> [UInt8] { arrayHead(9, count) }
