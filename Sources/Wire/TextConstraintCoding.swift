import CWire
import Core

extension TextConstraint {
  func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__TextConstraint> {
    arena.make(longhaul__text_constraint__init) {
      $0.kind = kind.raw
      $0.source = arena.copy(source)
    }
  }

  init(raw: borrowing Longhaul__TextConstraint) throws(WireError) {
    let number = raw.kind
    guard let kind = Kind.allCases.first(where: { $0.raw == number }) else {
      throw .field("kind", reason: "is \(number.rawValue), which names no kind of constraint")
    }
    self.init(kind: kind, source: try Field.text(raw.source, "source", limit: Self.maximumByteCount))
  }
}

extension TextConstraint.Kind {
  fileprivate var raw: Longhaul__TextConstraintKind {
    switch self {
    case .jsonSchema: LONGHAUL__TEXT_CONSTRAINT_KIND__TEXT_CONSTRAINT_KIND_JSON_SCHEMA
    case .jsonObject: LONGHAUL__TEXT_CONSTRAINT_KIND__TEXT_CONSTRAINT_KIND_JSON_OBJECT
    case .gbnf: LONGHAUL__TEXT_CONSTRAINT_KIND__TEXT_CONSTRAINT_KIND_GBNF
    case .regex: LONGHAUL__TEXT_CONSTRAINT_KIND__TEXT_CONSTRAINT_KIND_REGEX
    case .choice: LONGHAUL__TEXT_CONSTRAINT_KIND__TEXT_CONSTRAINT_KIND_CHOICE
    case .structuralTag: LONGHAUL__TEXT_CONSTRAINT_KIND__TEXT_CONSTRAINT_KIND_STRUCTURAL_TAG
    }
  }
}
