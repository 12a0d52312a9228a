import JSON

/// A JSON value as a schema compares it: 1.0 is 1, members may have any order, and texts are UTF-8 bytes, since Swift's
/// texts are equal when they only look alike.
indirect enum SchemaValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(DecimalNumber)
  case string([UInt8])
  case array([SchemaValue])
  case object(SchemaObject)

  /// - Throws: `GrammarError` for text that is no JSON, and what is nested too deep or has numbers too large.
  static func parsed(_ text: String) throws(GrammarError) -> SchemaValue {
    do {
      return try SchemaValue(try JSONParser.parse(text), depth: 0)
    } catch let error as JSONError {
      throw GrammarError("no JSON: \(error)")
    } catch let error as GrammarError {
      throw error
    } catch {
      throw GrammarError("\(error)")
    }
  }

  private init(_ value: JSONValue, depth: Int) throws(GrammarError) {
    guard depth < GrammarLimits.nesting else {
      throw GrammarError("values are nested more than \(GrammarLimits.nesting) deep")
    }
    switch value {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .string(let text): self = .string(Array(text.utf8))
    case .number(let number):
      guard let decimal = DecimalNumber(number.text) else {
        throw GrammarError("the number \(number.text.prefix(32)) has too many digits, or an exponent beyond 400")
      }
      self = .number(decimal)
    case .array(let items):
      var values: [SchemaValue] = []
      for item in items { values.append(try SchemaValue(item, depth: depth + 1)) }
      self = .array(values)
    case .object(let members):
      var object = SchemaObject()
      for member in members.members {
        object.append(Array(member.key.utf8), try SchemaValue(member.value, depth: depth + 1))
      }
      self = .object(object)
    }
  }

  var kind: SchemaKind {
    switch self {
    case .null: .null
    case .bool: .boolean
    case .number(let number): number.isInteger ? .integer : .number
    case .string: .string
    case .array: .array
    case .object: .object
    }
  }

  /// As it is written without blanks, characters escaped only where they must be.
  var text: [UInt8] {
    switch self {
    case .null: Array("null".utf8)
    case .bool(let value): Array((value ? "true" : "false").utf8)
    case .number(let number): number.text
    case .string(let text): JSONText.quoted(text)
    case .array(let values): [0x5B] + Array(values.map(\.text).joined(separator: [0x2C])) + [0x5D]
    case .object(let object):
      [0x7B] + Array(object.members.map { JSONText.quoted($0.name) + [0x3A] + $0.value.text }.joined(separator: [0x2C]))
        + [0x7D]
    }
  }
}

/// The types that JSON Schema tells apart. Every integer is a number, too.
enum SchemaKind: String, Hashable, Sendable, CaseIterable {
  case null, boolean, integer, number, string, array, object
}

/// Members in the order in which they were written. Equal when they have the same members in any order.
struct SchemaObject: Hashable, Sendable {
  struct Member: Hashable, Sendable {
    let name: [UInt8]
    let value: SchemaValue
  }

  private(set) var members: [Member] = []
  private var indices: [[UInt8]: Int] = [:]

  /// Adds a member, whose name is new.
  mutating func append(_ name: [UInt8], _ value: SchemaValue) {
    indices[name] = members.count
    members.append(Member(name: name, value: value))
  }

  subscript(_ name: [UInt8]) -> SchemaValue? { indices[name].map { members[$0].value } }
  subscript(_ name: String) -> SchemaValue? { self[Array(name.utf8)] }

  static func == (a: SchemaObject, b: SchemaObject) -> Bool {
    a.members.count == b.members.count && a.members.allSatisfy { b[$0.name] == $0.value }
  }

  func hash(into hasher: inout Hasher) { hasher.combine(Set(members)) }
}

/// How texts are written in JSON.
enum JSONText {
  static func quoted(_ text: [UInt8]) -> [UInt8] {
    [0x22] + text.flatMap { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C ? escaped($0) : [$0] } + [0x22]
  }

  /// The shortest escape of a byte that cannot stand for itself.
  static func escaped(_ byte: UInt8) -> [UInt8] {
    let letters: [UInt8: Unicode.Scalar] = [
      0x08: "b", 0x09: "t", 0x0A: "n", 0x0C: "f", 0x0D: "r", 0x22: "\"", 0x5C: "\\",
    ]
    if let letter = letters[byte] { return [0x5C, UInt8(ascii: letter)] }
    let digits = Array("0123456789abcdef".utf8)
    return Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }
}
