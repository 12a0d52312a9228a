/// Reads JSON as RFC 8259 defines it, and nothing else: no trailing commas, no comments, no NaN. A byte order mark
/// before it is skipped.
///
/// Time and memory are proportional to the text; nesting is limited, so that no text exhausts the stack.
package struct JSONParser {
  /// Arrays and objects within each other.
  package static let maximumDepth = 256

  private let bytes: UnsafeBufferPointer<UInt8>
  private var at = 0
  private var depth = 0

  package static func parse(_ bytes: some Sequence<UInt8>) throws(JSONError) -> JSONValue {
    let result: Result<JSONValue, JSONError>? = bytes.withContiguousStorageIfAvailable(Self.result)
    return try (result ?? Array(bytes).withUnsafeBufferPointer(Self.result)).get()
  }

  package static func parse(_ text: String) throws(JSONError) -> JSONValue { try parse(text.utf8) }

  private static func result(_ bytes: UnsafeBufferPointer<UInt8>) -> Result<JSONValue, JSONError> {
    var parser = JSONParser(bytes)
    return Result { () throws(JSONError) -> JSONValue in try parser.document() }
  }

  private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  private mutating func document() throws(JSONError) -> JSONValue {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    skipBlanks()
    guard peek != nil else { throw error("there is no value") }
    let value = try self.value()
    skipBlanks()
    guard at == bytes.count else { throw error("more text follows the value") }
    return value
  }

  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  private func error(_ reason: String) -> JSONError { JSONError(reason, at: at, in: bytes) }

  private mutating func skipBlanks() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }

  /// Skips `byte` if it is next, after blanks.
  private mutating func skip(_ byte: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard peek == UInt8(ascii: byte) else { return false }
    at += 1
    return true
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    skipBlanks()
    switch peek {
    case UInt8(ascii: "{"): return .object(try nested { (parser) throws(JSONError) in try parser.object() })
    case UInt8(ascii: "["): return .array(try nested { (parser) throws(JSONError) in try parser.array() })
    case UInt8(ascii: "\""):
      var reader = JSONStringReader(bytes, at: at)
      let text = try reader.read()
      at = reader.at
      return .string(text)
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"): return .number(try number())
    case let byte? where Self.isDigit(byte): return .number(try number())
    case nil: throw error("the text ends where a value should be")
    default: throw error("there is no value that begins with this character")
    }
  }

  private mutating func nested<Value>(
    _ read: (inout JSONParser) throws(JSONError) -> Value
  ) throws(JSONError) -> Value {
    guard depth < Self.maximumDepth else {
      throw error("arrays and objects are nested deeper than \(Self.maximumDepth)")
    }
    depth += 1
    at += 1
    let value = try read(&self)
    depth -= 1
    return value
  }

  private mutating func object() throws(JSONError) -> JSONObject {
    var object = JSONObject()
    if skip("}") { return object }
    while true {
      skipBlanks()
      guard peek == UInt8(ascii: "\"") else { throw error("a key in quotes is missing") }
      var reader = JSONStringReader(bytes, at: at)
      let key = try reader.read()
      at = reader.at
      guard skip(":") else { throw error("a colon is missing after a key") }
      object[key] = try value()
      if skip("}") { return object }
      guard skip(",") else { throw error("a comma or } is missing") }
    }
  }

  private mutating func array() throws(JSONError) -> [JSONValue] {
    var items: [JSONValue] = []
    if skip("]") { return items }
    while true {
      items.append(try value())
      if skip("]") { return items }
      guard skip(",") else { throw error("a comma or ] is missing") }
    }
  }

  private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let spelling = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    guard bytes[at...].starts(with: spelling) else { throw error("there is no such word in JSON") }
    at += spelling.count
    return value
  }

  private mutating func number() throws(JSONError) -> JSONNumber {
    let start = at
    if peek == UInt8(ascii: "-") { at += 1 }
    let leading = peek
    let whole = skipDigits()
    guard whole > 0, whole == 1 || leading != UInt8(ascii: "0") else { throw error("a number is malformed") }
    if peek == UInt8(ascii: ".") {
      at += 1
      guard skipDigits() > 0 else { throw error("a number has no digit after its point") }
    }
    if let byte = peek, byte | 0x20 == UInt8(ascii: "e") {
      at += 1
      if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { at += 1 }
      guard skipDigits() > 0 else { throw error("a number has no digit in its exponent") }
    }
    return JSONNumber(text: String(decoding: bytes[start..<at], as: UTF8.self))
  }

  /// Returns how many there were.
  private mutating func skipDigits() -> Int {
    let start = at
    while let byte = peek, Self.isDigit(byte) { at += 1 }
    return at - start
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
