/// A parsed pattern.
indirect enum PatternNode: Hashable, Sendable {
  case one(ScalarSet)
  case sequence([PatternNode])
  /// The first that leads to a match wins.
  case alternatives([PatternNode])
  /// As often as possible, up to `maximum` (nil: without end); possessive ones give nothing back.
  case repeated(PatternNode, minimum: Int, maximum: Int?, isPossessive: Bool)
  /// Matches nothing, where the part would match, or would not.
  case lookahead(PatternNode, isNegated: Bool)
  /// Before a line feed and at the end of the text.
  case lineEnd
  /// Between a word's scalar and another one or an end of the text.
  case wordBoundary

  /// Fewest scalars of a match.
  var shortest: Int {
    switch self {
    case .one: 1
    case .sequence(let parts): parts.reduce(0) { min($0 + $1.shortest, 1) }
    case .alternatives(let parts): parts.map(\.shortest).min() ?? 0
    case .repeated(let part, let minimum, _, _): minimum == 0 ? 0 : part.shortest
    case .lookahead, .lineEnd, .wordBoundary: 0
    }
  }

  /// The ASCII scalars that a match can begin with; all of them where it may be empty.
  var beginnings: ASCIISet {
    switch self {
    case .one(let set): set.ascii
    case .sequence(let parts):
      parts.first.map { first in
        first.shortest > 0
          ? first.beginnings : first.consumed.union(PatternNode.sequence(Array(parts.dropFirst())).beginnings)
      } ?? .all
    case .alternatives(let parts): parts.reduce(ASCIISet()) { $0.union($1.beginnings) }
    case .repeated(let part, let minimum, _, _): minimum == 0 ? .all : part.beginnings
    case .lookahead, .lineEnd, .wordBoundary: .all
    }
  }

  /// The ASCII scalars that a part which may be empty can begin with when it is not.
  private var consumed: ASCIISet {
    if case .repeated(let part, _, _, _) = self { part.beginnings } else { beginnings }
  }
}
