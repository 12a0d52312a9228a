/// A JSON Schema with a number for every place in it that is used as a schema. Places are numbered as they are met.
final class SchemaDocument {
  typealias PlaceID = Int

  private struct Place {
    let pointer: [UInt8]
    let value: SchemaValue
  }

  private let root: SchemaValue
  private var places: [Place] = []
  private var ids: [[UInt8]: PlaceID] = [:]
  private var references: [[UInt8]: PlaceID] = [:]
  /// Places that `$anchor` and the root's `$id` name, by paths of pointers.
  private var anchors: [[UInt8]: (value: SchemaValue, path: [[UInt8]])] = [:]
  private static let longestPointer = 2048
  /// What conjunctions ask, as far as it was needed.
  var shapes: [SchemaConjunction: [SchemaShape]] = [:]
  /// Keywords and values that may still be looked at.
  private var work = GrammarLimits.schemaWorkCount

  /// - Throws: `GrammarError` when names are too long.
  init(_ root: SchemaValue) throws(GrammarError) {
    self.root = root
    var path: [[UInt8]] = []
    collectAnchors(root, &path)
    if case .object(let object) = root, case .string(let id)? = object["$id"] { anchors[id] = (root, []) }
    _ = try add(root, pointer: [])
  }

  static let rootPlace: PlaceID = 0

  subscript(_ id: PlaceID) -> SchemaValue { places[id].value }

  /// Where a place is, for messages: `#/properties/name`.
  func pointer(_ id: PlaceID) -> String { "#" + String(decoding: places[id].pointer, as: UTF8.self) }

  func error(_ id: PlaceID, _ keyword: String, _ reason: String) -> GrammarError {
    GrammarError("\(pointer(id))/\(keyword) \(reason)")
  }

  /// - Throws: `GrammarError` when the schema has taken too much work.
  func spend(_ count: Int) throws(GrammarError) {
    work -= count
    guard work >= 0 else { throw GrammarError("the schema takes too much work to be compiled: simplify it") }
  }

  private func add(_ value: SchemaValue, pointer: [UInt8]) throws(GrammarError) -> PlaceID {
    guard pointer.count <= Self.longestPointer else {
      throw GrammarError("a schema lies deeper than a JSON pointer of \(Self.longestPointer) bytes: shorten the names")
    }
    if let known = ids[pointer] { return known }
    places.append(Place(pointer: pointer, value: value))
    ids[pointer] = places.count - 1
    return places.count - 1
  }

  /// The schema at a path below a place: `["properties", name]`.
  func child(
    _ id: PlaceID, _ path: [[UInt8]], _ value: SchemaValue
  ) throws(GrammarError) -> PlaceID {
    try add(value, pointer: places[id].pointer + Self.pointer(path))
  }

  func child(_ id: PlaceID, _ keyword: String, _ value: SchemaValue) throws(GrammarError) -> PlaceID {
    try child(id, [Array(keyword.utf8)], value)
  }

  private static func pointer(_ path: [[UInt8]]) -> [UInt8] { path.flatMap { [0x2F] + escaped($0) } }

  /// A part of a JSON pointer, with its escapes.
  private static func escaped(_ part: [UInt8]) -> [UInt8] {
    part.flatMap { $0 == 0x7E ? [0x7E, 0x30] : $0 == 0x2F ? [0x7E, 0x31] : [$0] }
  }

  private func collectAnchors(_ value: SchemaValue, _ path: inout [[UInt8]]) {
    switch value {
    case .object(let object):
      if case .string(let name)? = object["$anchor"] { anchors[[0x23] + name] = (value, path) }
      for member in object.members {
        path.append(member.name)
        collectAnchors(member.value, &path)
        path.removeLast()
      }
    case .array(let values):
      for (index, value) in values.enumerated() {
        path.append(Array("\(index)".utf8))
        collectAnchors(value, &path)
        path.removeLast()
      }
    default: break
    }
  }

  /// The place that a `$ref` names.
  /// - Throws: `GrammarError` when it is not in this document.
  func resolve(_ reference: [UInt8], from id: PlaceID) throws(GrammarError) -> PlaceID {
    if let known = references[reference] { return known }
    let name = String(decoding: reference.prefix(200), as: UTF8.self)
    let target: PlaceID
    if let anchor = anchors[reference] {
      target = try add(anchor.value, pointer: Self.pointer(anchor.path))
    } else if reference == [0x23] {
      target = Self.rootPlace
    } else if reference.starts(with: [0x23, 0x2F]), let found = find(reference.dropFirst(2)) {
      target = try add(found.value, pointer: Self.pointer(found.path))
    } else {
      throw error(id, "$ref", "names \(name), which is not in the schema: put it under $defs")
    }
    references[reference] = target
    return target
  }

  /// The value at a JSON pointer, without the first slash, that may have URI escapes.
  private func find(_ pointer: some Collection<UInt8>) -> (value: SchemaValue, path: [[UInt8]])? {
    var value = root
    var path: [[UInt8]] = []
    for encoded in pointer.split(separator: 0x2F, omittingEmptySubsequences: false) {
      let part = Self.unescaped(Self.percentDecoded(Array(encoded)))
      switch value {
      case .object(let object):
        guard let member = object[part] else { return nil }
        value = member
      case .array(let values):
        guard let index = Int(String(decoding: part, as: UTF8.self)), values.indices.contains(index) else { return nil }
        value = values[index]
      default: return nil
      }
      path.append(part)
    }
    return (value, path)
  }

  private static func unescaped(_ part: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    var rest = part[...]
    while let byte = rest.popFirst() {
      if byte == 0x7E, let code = rest.first, code == 0x30 || code == 0x31 {
        rest.removeFirst()
        text.append(code == 0x30 ? 0x7E : 0x2F)
      } else {
        text.append(byte)
      }
    }
    return text
  }

  private static func percentDecoded(_ part: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    var rest = part[...]
    while let byte = rest.popFirst() {
      if byte == 0x25, rest.count >= 2, let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
        rest = rest.dropFirst(2)
        text.append(code)
      } else {
        text.append(byte)
      }
    }
    return text
  }
}
