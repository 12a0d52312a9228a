/// Reads the keywords of a conjunction's places into one shape. Values that a keyword cannot have are refused.
struct SchemaReader {
  private(set) var shape: SchemaShape
  private let document: SchemaDocument
  private var place: SchemaDocument.PlaceID = SchemaDocument.rootPlace
  /// Kinds that keywords speak of.
  private var spokenOf: Set<SchemaKind> = []
  private var hasKinds = false
  private var declaresProperties = false
  private var declaredNames: Set<[UInt8]> = []
  private var unevaluated: SchemaConjunction?

  /// The shape of a conjunction whose branches are other conjunctions.
  /// - Throws: `GrammarError` that names the keyword and its place.
  static func shape(
    of flat: FlatConjunction, in document: SchemaDocument
  ) throws(GrammarError) -> SchemaShape {
    var reader = SchemaReader(
      shape: SchemaShape(
        validKinds: flat.isNever ? [] : Set(SchemaKind.allCases), kinds: [],
        place: flat.places.first ?? SchemaDocument.rootPlace),
      document: document)
    try reader.noteNames(flat.places)
    for place in flat.places { try reader.read(place) }
    reader.finish()
    return reader.shape
  }

  private init(shape: SchemaShape, document: SchemaDocument) {
    self.shape = shape
    self.document = document
  }

  private func object(_ place: SchemaDocument.PlaceID) -> SchemaObject {
    if case .object(let object) = document[place] { object } else { SchemaObject() }
  }

  private func error(_ keyword: String, _ reason: String) -> GrammarError { document.error(place, keyword, reason) }

  private mutating func read(_ place: SchemaDocument.PlaceID) throws(GrammarError) {
    self.place = place
    let object = object(place)
    for member in object.members {
      if let kind = SchemaKeywords.kinds[String(decoding: member.name, as: UTF8.self)] { spokenOf.insert(kind) }
    }
    try readKinds(object)
    try readConstants(object)
    try readNumbers(object)
    try readStrings(object)
    try readArray(object)
    try readObject(object)
  }

  /// A schema that says nothing of kinds means those that its keywords speak of.
  private mutating func finish() {
    shape.kinds = shape.validKinds
    if !hasKinds, shape.constants == nil, !spokenOf.isEmpty {
      if spokenOf.contains(.number) { spokenOf.insert(.integer) }
      shape.kinds.formIntersection(spokenOf)
    }
    if let unevaluated {
      shape.additional.formUnion(unevaluated)
      for name in shape.propertyNames where !declaredNames.contains(name) {
        shape.properties[name]?.formUnion(unevaluated)
      }
    }
    shape.writesAdditional = shape.writesAdditional || !declaresProperties
  }

  private mutating func readKinds(_ object: SchemaObject) throws(GrammarError) {
    guard let value = object["type"] else { return }
    var names = [value]
    if case .array(let list) = value { names = list }
    var kinds: Set<SchemaKind> = []
    for name in names {
      guard case .string(let text) = name, let kind = SchemaKind(rawValue: String(decoding: text, as: UTF8.self)) else {
        throw error("type", "is none of \(SchemaKind.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      kinds.insert(kind)
      if kind == .number { kinds.insert(.integer) }
    }
    shape.validKinds.formIntersection(kinds)
    hasKinds = true
  }

  private mutating func readConstants(_ object: SchemaObject) throws(GrammarError) {
    var lists: [[SchemaValue]] = []
    if let value = object["const"] { lists.append([value]) }
    if let value = object["enum"] {
      guard case .array(let values) = value else { throw error("enum", "is no list") }
      lists.append(values)
    }
    for values in lists {
      var seen: Set<SchemaValue> = []
      let distinct = values.filter { seen.insert($0).inserted }
      shape.constants = shape.constants.map { $0.filter(seen.contains) } ?? distinct
    }
  }

  private mutating func readNumbers(_ object: SchemaObject) throws(GrammarError) {
    for (keyword, isLower, isExclusive) in [
      ("minimum", true, false), ("exclusiveMinimum", true, true), ("maximum", false, false),
      ("exclusiveMaximum", false, true),
    ] {
      guard let value = object[keyword] else { continue }
      guard case .number(let number) = value else { throw error(keyword, "is no number") }
      guard number.digitCount <= NumberRange.digitCount else {
        throw error(keyword, "has more than \(NumberRange.digitCount) digits, which cannot be enforced")
      }
      let bound = SchemaShape.Bound(value: number, isExclusive: isExclusive)
      if isLower { shape.raiseMinimum(bound) } else { shape.lowerMaximum(bound) }
    }
    if let value = object["multipleOf"] {
      guard case .number(let number) = value, let divisor = number.integer,
        (1...NumberRange.largestDivisor).contains(divisor)
      else { throw error("multipleOf", "can be enforced for integers from 1 to \(NumberRange.largestDivisor) only") }
      shape.divisors.append(divisor)
    }
    guard shape.validKinds.contains(.integer), let format = format(object), NumberRange.isFormat(format) else { return }
    spokenOf.remove(.string)
    spokenOf.insert(.number)
    guard let bounds = NumberRange.formats[format] else { return }
    shape.raiseMinimum(SchemaShape.Bound(value: bounds.lowerBound, isExclusive: false))
    shape.lowerMaximum(SchemaShape.Bound(value: bounds.upperBound, isExclusive: false))
  }

  private func format(_ object: SchemaObject) -> String? {
    guard case .string(let text)? = object["format"] else { return nil }
    return String(decoding: text, as: UTF8.self)
  }

  private func count(_ object: SchemaObject, _ keyword: String) throws(GrammarError) -> Int? {
    guard let value = object[keyword] else { return nil }
    guard case .number(let number) = value, let count = number.integer, count >= 0 else {
      throw error(keyword, "is no number from 0 on")
    }
    guard count <= GrammarLimits.repetitionCount else {
      throw error(keyword, "is more than \(GrammarLimits.repetitionCount), which cannot be enforced")
    }
    return count
  }

  private static func smaller(_ a: Int?, _ b: Int?) -> Int? { [a, b].compactMap { $0 }.min() }

  private mutating func readStrings(_ object: SchemaObject) throws(GrammarError) {
    shape.minimumLength = max(shape.minimumLength, try count(object, "minLength") ?? 0)
    shape.maximumLength = Self.smaller(shape.maximumLength, try count(object, "maxLength"))
    if let value = object["pattern"] {
      guard case .string(let text) = value else { throw error("pattern", "is no text") }
      shape.patterns.append(try pattern(text, "pattern"))
    }
    guard let value = object["format"] else { return }
    guard case .string(let text) = value else { throw error("format", "is no text") }
    let name = String(decoding: text, as: UTF8.self)
    guard shape.validKinds.contains(.string), !shape.validKinds.contains(.integer) || !NumberRange.isFormat(name) else {
      return
    }
    do {
      let language = try RegexLanguage(try StringFormats.pattern(name), whole: true)
      shape.patterns.append(SchemaShape.Pattern(language: language, origin: "\(document.pointer(place))/format"))
    } catch {
      throw self.error("format", error.description)
    }
  }

  private func pattern(_ text: [UInt8], _ keyword: String) throws(GrammarError) -> SchemaShape.Pattern {
    do {
      let language = try RegexLanguage(String(decoding: text, as: UTF8.self), whole: false)
      return SchemaShape.Pattern(language: language, origin: "\(document.pointer(place))/\(keyword)")
    } catch {
      throw self.error(keyword, "cannot be enforced: \(error)")
    }
  }

  /// The schemas of an object's member, each with its name.
  private mutating func schemas(
    _ object: SchemaObject, _ keyword: String
  ) throws(GrammarError) -> [(name: [UInt8], place: SchemaDocument.PlaceID)] {
    guard let value = object[keyword] else { return [] }
    guard case .object(let schemas) = value else { throw error(keyword, "is no object of schemas") }
    var places: [(name: [UInt8], place: SchemaDocument.PlaceID)] = []
    for member in schemas.members {
      places.append((member.name, try document.child(place, [Array(keyword.utf8), member.name], member.value)))
    }
    return places
  }
}

// MARK: Arrays and objects

extension SchemaReader {
  private mutating func readArray(_ object: SchemaObject) throws(GrammarError) {
    shape.minimumItemCount = max(shape.minimumItemCount, try count(object, "minItems") ?? 0)
    shape.maximumItemCount = Self.smaller(shape.maximumItemCount, try count(object, "maxItems"))
    // Before draft 2020-12 a list of schemas was called items, and those of the items behind it additionalItems.
    var (first, others) = ("prefixItems", "items")
    if case .array? = object["items"] { (first, others) = ("items", "additionalItems") }
    var own: [SchemaConjunction] = []
    if let value = object[first] {
      guard case .array(let schemas) = value else { throw error(first, "is no list of schemas") }
      for (index, schema) in schemas.enumerated() {
        let path = [Array(first.utf8), Array("\(index)".utf8)]
        own.append(SchemaConjunction([try document.child(place, path, schema)]))
      }
    }
    var rest = SchemaConjunction()
    if let value = object[others] { rest = SchemaConjunction([try document.child(place, others, value)]) }
    let length = max(own.count, shape.prefix.count)
    shape.prefix = (0..<length).map { index in
      var both = index < shape.prefix.count ? shape.prefix[index] : shape.items
      both.formUnion(index < own.count ? own[index] : rest)
      return both
    }
    shape.items.formUnion(rest)
  }

  /// Puts the names that the places declare or require into order.
  private mutating func noteNames(_ places: [SchemaDocument.PlaceID]) throws(GrammarError) {
    var required: [[UInt8]] = []
    func note(_ name: [UInt8]) {
      if shape.properties[name] == nil { shape.propertyNames.append(name) }
      shape.properties[name] = SchemaConjunction()
    }
    for place in places {
      let object = object(place)
      if case .object(let properties)? = object["properties"] { properties.members.forEach { note($0.name) } }
      guard let value = object["required"] else { continue }
      guard case .array(let names) = value else { throw document.error(place, "required", "is no list of names") }
      for name in names {
        guard case .string(let text) = name else { throw document.error(place, "required", "is no list of names") }
        required.append(text)
      }
    }
    for name in required { note(name) }
    shape.required = Set(required)
  }

  private mutating func readObject(_ object: SchemaObject) throws(GrammarError) {
    shape.minimumPropertyCount = max(shape.minimumPropertyCount, try count(object, "minProperties") ?? 0)
    shape.maximumPropertyCount = Self.smaller(shape.maximumPropertyCount, try count(object, "maxProperties"))
    let declared = try schemas(object, "properties")
    declaresProperties = declaresProperties || object["properties"] != nil || object["patternProperties"] != nil
    let patterned = try schemas(object, "patternProperties")
    var patterns: [SchemaShape.Pattern] = []
    for (name, _) in patterned { patterns.append(try pattern(name, "patternProperties")) }
    var additional: SchemaConjunction?
    if let value = object["additionalProperties"] {
      additional = SchemaConjunction([try document.child(place, "additionalProperties", value)])
    } else if let value = object["unevaluatedProperties"] {
      unevaluated = SchemaConjunction([try document.child(place, "unevaluatedProperties", value)])
    }
    declaredNames.formUnion(declared.map(\.name))
    if additional != nil || unevaluated != nil || !patterned.isEmpty { shape.writesAdditional = true }
    if let value = object["propertyNames"] { try readNames(value) }
    try addValues(declared, patterns, patterned.map(\.place), additional)
  }

  /// Adds what one place says of each name: its own schema, those of patterns it matches, or else of additional ones.
  private mutating func addValues(
    _ declared: [(name: [UInt8], place: SchemaDocument.PlaceID)], _ patterns: [SchemaShape.Pattern],
    _ patterned: [SchemaDocument.PlaceID], _ additional: SchemaConjunction?
  ) throws(GrammarError) {
    let own = Dictionary(uniqueKeysWithValues: declared.map { ($0.name, $0.place) })
    var automata: [ScalarAutomaton] = []
    for pattern in patterns { automata.append(try pattern.automaton()) }
    for name in shape.propertyNames {
      var values: [SchemaDocument.PlaceID] = own[name].map { [$0] } ?? []
      for (index, automaton) in automata.enumerated() {
        try document.spend(automaton.cost(ofLength: name.count))
        if patterns[index].matches(name, automaton) { values.append(patterned[index]) }
      }
      let schema = values.isEmpty ? additional : SchemaConjunction(values)
      if let schema { shape.properties[name]?.formUnion(schema) }
    }
    // A name that another place's pattern matches has that schema and this place's.
    let others = shape.patternProperties.indices
    guard others.isEmpty || patterns.isEmpty || (additional == nil && shape.additional.isEmpty) else {
      throw error("patternProperties", "cannot be enforced beside those of another schema and additionalProperties")
    }
    for (pattern, place) in zip(patterns, patterned) {
      var schema = SchemaConjunction([place])
      schema.formUnion(shape.additional)
      shape.patternProperties.append((pattern, schema))
    }
    guard let additional else { return }
    for index in others { shape.patternProperties[index].value.formUnion(additional) }
    shape.additional.formUnion(additional)
  }

  private mutating func readNames(_ value: SchemaValue) throws(GrammarError) {
    let schema = SchemaConjunction([try document.child(place, "propertyNames", value)])
    let flat = try FlatConjunction(schema, in: document)
    guard flat.groups.isEmpty else { throw error("propertyNames", "cannot be enforced with anyOf or oneOf") }
    let names = try Self.shape(of: flat, in: document)
    guard names.validKinds.contains(.string) else {
      throw error("propertyNames", "allows no text")
    }
    shape.namePatterns += names.stringPatterns(origin: "\(document.pointer(place))/propertyNames")
  }
}
