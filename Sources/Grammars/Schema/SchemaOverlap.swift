/// Whether a text that is written for one schema may be valid under another: `oneOf` can be enforced where none is.
struct SchemaOverlap {
  private let document: SchemaDocument
  private let check: SchemaCheck

  init(_ document: SchemaDocument) {
    self.document = document
    check = SchemaCheck(document)
  }

  /// - Throws: `GrammarError` when two branches of a `oneOf` may hold for the same text.
  func refuse(_ branches: [SchemaConjunction], of place: SchemaDocument.PlaceID) throws(GrammarError) {
    for (first, written) in branches.enumerated() {
      for (second, other) in branches.enumerated() where first != second {
        guard try overlap(written, other, depth: 0) else { continue }
        throw document.error(
          place, "oneOf",
          "cannot be enforced: its branches \(first) and \(second) may hold together; tell them apart by type or by a"
            + " required property with const, or use anyOf")
      }
    }
  }

  private func overlap(
    _ written: SchemaConjunction, _ other: SchemaConjunction, depth: Int
  ) throws(GrammarError) -> Bool {
    if written.isEmpty && other.isEmpty || depth > 6 { return true }
    for first in try SchemaBranches.shapes(of: written, in: document) {
      for second in try SchemaBranches.shapes(of: other, in: document) {
        if try overlap(first, second, depth: depth) { return true }
      }
    }
    return false
  }

  private func overlap(_ written: SchemaShape, _ other: SchemaShape, depth: Int) throws(GrammarError) -> Bool {
    try document.spend(16)
    if let constants = written.constants ?? other.constants {
      for value in constants {
        let isWritten = try check.admits(value, written)
        if isWritten, try check.admits(value, other) { return true }
      }
      return false
    }
    for kind in written.kinds.intersection(other.validKinds) {
      switch kind {
      case .null, .boolean: return true
      case .integer, .number: if numbersOverlap(written, other) { return true }
      case .string:
        if rangesOverlap(
          written.minimumLength, written.maximumLength, other.minimumLength, other.maximumLength)
        {
          return true
        }
      case .array: if try arraysOverlap(written, other, depth: depth) { return true }
      case .object: if try objectsOverlap(written, other, depth: depth) { return true }
      }
    }
    return false
  }

  private func rangesOverlap(_ low: Int, _ high: Int?, _ otherLow: Int, _ otherHigh: Int?) -> Bool {
    low <= otherHigh ?? Int.max && otherLow <= high ?? Int.max
  }

  private func numbersOverlap(_ a: SchemaShape, _ b: SchemaShape) -> Bool {
    func isBelow(_ high: SchemaShape.Bound?, _ low: SchemaShape.Bound?) -> Bool {
      guard let high, let low else { return false }
      return high.value < low.value || high.value == low.value && (high.isExclusive || low.isExclusive)
    }
    return !isBelow(a.maximum, b.minimum) && !isBelow(b.maximum, a.minimum)
  }

  private func arraysOverlap(_ written: SchemaShape, _ other: SchemaShape, depth: Int) throws(GrammarError) -> Bool {
    guard
      rangesOverlap(
        written.minimumItemCount, written.maximumItemCount, other.minimumItemCount, other.maximumItemCount)
    else { return false }
    func item(_ shape: SchemaShape, _ index: Int) -> SchemaConjunction {
      index < shape.prefix.count ? shape.prefix[index] : shape.items
    }
    for index in 0..<min(written.minimumItemCount, max(written.prefix.count, other.prefix.count, 1)) {
      guard try overlap(item(written, index), item(other, index), depth: depth + 1) else { return false }
    }
    return true
  }

  /// Apart when a property that one always has is missing or has another value in the other.
  private func objectsOverlap(_ written: SchemaShape, _ other: SchemaShape, depth: Int) throws(GrammarError) -> Bool {
    for name in other.required.union(written.required) {
      let isWritten = written.properties[name] != nil || written.writesAdditional
      if !isWritten { return false }
      let values = (try check.value(of: name, written), try check.value(of: name, other))
      guard try overlap(values.0, values.1, depth: depth + 1) else { return false }
    }
    return true
  }
}
