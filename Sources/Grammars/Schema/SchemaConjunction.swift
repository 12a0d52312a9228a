/// Schemas that hold together for one value.
struct SchemaConjunction: Hashable {
  struct Part: Hashable {
    /// How much of the schema counts.
    enum Extent: Hashable {
      case whole
      /// All but `$ref`, `allOf`, `anyOf` and `oneOf`, which are other parts already.
      case plain
      case anyOf, oneOf
    }

    let place: SchemaDocument.PlaceID
    var extent = Extent.whole
  }

  private(set) var parts: [Part] = []

  init(_ places: [SchemaDocument.PlaceID] = []) { places.forEach { insert(Part(place: $0)) } }

  /// Whether anything is allowed.
  var isEmpty: Bool { parts.isEmpty }

  mutating func insert(_ part: Part) {
    if !parts.contains(part) { parts.append(part) }
  }

  mutating func formUnion(_ other: SchemaConjunction) { other.parts.forEach { insert($0) } }
}

/// A conjunction with its references followed: plain keywords at some places, and branches to choose from.
struct FlatConjunction {
  /// One of `anyOf` or `oneOf`.
  struct Group {
    /// The part that has the group only.
    let part: SchemaConjunction.Part
    let branches: [SchemaDocument.PlaceID]
  }

  private(set) var places: [SchemaDocument.PlaceID] = []
  private(set) var groups: [Group] = []
  /// Whether no value is allowed.
  private(set) var isNever = false

  /// - Throws: `GrammarError` for keywords that cannot be enforced, and those that are malformed.
  init(_ conjunction: SchemaConjunction, in document: SchemaDocument) throws(GrammarError) {
    var pending = Array(conjunction.parts.reversed())
    var seen: Set<SchemaConjunction.Part> = []
    let isAlone = conjunction.parts.count == 1
    while let part = pending.popLast() {
      guard seen.insert(part).inserted else { continue }
      switch document[part.place] {
      case .bool(let allows): if !allows { isNever = true }
      case .object(let object):
        try document.spend(1 + object.members.count)
        if part.extent == .whole {
          try Self.refuseKeywords(object, part.place, isAlone: isAlone && seen.count == 1, document)
          let held = try schemas(held: object, part.place, document)
          pending += held.reversed().map { SchemaConjunction.Part(place: $0) }
        }
        if part.extent == .whole || part.extent == .plain {
          if !places.contains(part.place) { places.append(part.place) }
        }
        try addGroups(object, part, document)
      default:
        throw GrammarError("\(document.pointer(part.place)) is no schema: an object or a boolean is expected")
      }
    }
  }

  private static func refuseKeywords(
    _ object: SchemaObject, _ place: SchemaDocument.PlaceID, isAlone: Bool, _ document: SchemaDocument
  ) throws(GrammarError) {
    for member in object.members {
      let keyword = String(decoding: member.name, as: UTF8.self)
      if let reason = SchemaKeywords.refused[keyword] { throw document.error(place, keyword, reason) }
      if keyword == "uniqueItems", member.value == .bool(true) {
        throw document.error(place, keyword, "cannot be enforced: leave it out")
      }
      if keyword == "$id", place != SchemaDocument.rootPlace {
        throw document.error(place, keyword, "is not supported below the root: use $defs and $ref")
      }
      // It sees properties that others of its schema declare, not those of schemas around it.
      if keyword == "unevaluatedProperties", member.value != .bool(true), !isAlone {
        throw document.error(place, keyword, "cannot be enforced below other schemas: use additionalProperties")
      }
    }
  }

  /// The schemas that hold with one: those of `$ref` and `allOf`.
  private func schemas(
    held object: SchemaObject, _ place: SchemaDocument.PlaceID, _ document: SchemaDocument
  ) throws(GrammarError) -> [SchemaDocument.PlaceID] {
    var more: [SchemaDocument.PlaceID] = []
    if let reference = object["$ref"] {
      guard case .string(let text) = reference else { throw document.error(place, "$ref", "is no text") }
      more.append(try document.resolve(text, from: place))
    }
    return more + (try Self.list(object, "allOf", place, document))
  }

  private mutating func addGroups(
    _ object: SchemaObject, _ part: SchemaConjunction.Part, _ document: SchemaDocument
  ) throws(GrammarError) {
    for (keyword, extent) in [("anyOf", SchemaConjunction.Part.Extent.anyOf), ("oneOf", .oneOf)] {
      guard part.extent == .whole || part.extent == extent, object[keyword] != nil else { continue }
      let branches = try Self.list(object, keyword, part.place, document)
      groups.append(Group(part: SchemaConjunction.Part(place: part.place, extent: extent), branches: branches))
    }
  }

  private static func list(
    _ object: SchemaObject, _ keyword: String, _ place: SchemaDocument.PlaceID, _ document: SchemaDocument
  ) throws(GrammarError) -> [SchemaDocument.PlaceID] {
    guard let value = object[keyword] else { return [] }
    guard case .array(let schemas) = value, !schemas.isEmpty else {
      throw document.error(place, keyword, "is no list of schemas")
    }
    var children: [SchemaDocument.PlaceID] = []
    for (index, schema) in schemas.enumerated() {
      children.append(try document.child(place, [Array(keyword.utf8), Array("\(index)".utf8)], schema))
    }
    return children
  }

  /// The conjunction without branches, to which one of each group is added.
  var plain: SchemaConjunction {
    var plain = SchemaConjunction()
    for place in places { plain.insert(SchemaConjunction.Part(place: place, extent: .plain)) }
    return plain
  }
}
