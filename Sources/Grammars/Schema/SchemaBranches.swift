/// The shapes that a value under a conjunction may have: one for each way to choose among `anyOf` and `oneOf`.
struct SchemaBranches {
  private let document: SchemaDocument
  private var shapes: [SchemaShape] = []
  private var depth = 0

  static func shapes(
    of conjunction: SchemaConjunction, in document: SchemaDocument
  ) throws(GrammarError) -> [SchemaShape] {
    if let known = document.shapes[conjunction] { return known }
    var branches = SchemaBranches(document: document)
    try branches.add(conjunction)
    document.shapes[conjunction] = branches.shapes
    return branches.shapes
  }

  private init(document: SchemaDocument) { self.document = document }

  private mutating func add(_ conjunction: SchemaConjunction) throws(GrammarError) {
    depth += 1
    defer { depth -= 1 }
    let place = conjunction.parts.last?.place ?? SchemaDocument.rootPlace
    guard depth <= 32 else {
      throw GrammarError("\(document.pointer(place)) refers to itself without a value between, which says nothing")
    }
    let flat = try FlatConjunction(conjunction, in: document)
    guard let group = flat.groups.first else {
      guard shapes.count < GrammarLimits.branchCount else {
        throw GrammarError("\(document.pointer(place)) can be combined in more than \(GrammarLimits.branchCount) ways")
      }
      return shapes.append(try SchemaReader.shape(of: flat, in: document))
    }
    // The first group is chosen from here, the others below.
    var alternatives: [SchemaConjunction] = []
    for branch in group.branches {
      var alternative = flat.plain
      for other in flat.groups.dropFirst() { alternative.insert(other.part) }
      alternative.insert(SchemaConjunction.Part(place: branch))
      alternatives.append(alternative)
    }
    if group.part.extent == .oneOf { try SchemaOverlap(document).refuse(alternatives, of: group.part.place) }
    for alternative in alternatives { try add(alternative) }
  }
}
