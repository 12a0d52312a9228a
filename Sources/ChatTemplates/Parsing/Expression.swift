/// An expression of a template. Chains are flat, so the depth of a tree is the depth of brackets in the source.
indirect enum Expression: Sendable {
  case literal(Literal)
  case name(String)
  case list([Expression])
  case tuple([Expression])
  case mapping([(key: Expression, value: Expression)])
  case not(Expression)
  case sign(isNegative: Bool, Expression)
  /// Operators of one precedence, from left to right.
  case chain(Expression, [(symbol: String, operand: Expression)])
  case comparison(Expression, [(symbol: String, operand: Expression)])
  case all([Expression])
  case any([Expression])
  case choice(Expression, when: Expression, otherwise: Expression?)
  case postfix(Expression, [Postfix])
}

enum Literal: Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  case float(Double)
  case text(TracedText)
}

/// An operation that follows an operand.
enum Postfix: Sendable {
  case attribute(String)
  case subscripted(Expression)
  case slice(Expression?, Expression?, Expression?)
  case call([Argument])
  case filter(String, [Argument])
  case test(String, [Argument], isNegated: Bool)
}

struct Argument: Sendable {
  enum Form: Sendable {
    case positional
    case named(String)
    /// `*values`
    case spread
    /// `**mapping`
    case spreadNamed
  }
  let form: Form
  let value: Expression
}
