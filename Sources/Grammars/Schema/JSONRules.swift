/// The rules of JSON itself that grammars of JSON share.
///
/// White space is what models write: a blank, or a line end with an indentation. Without a bound a model could continue
/// it for ever.
struct JSONRules {
  let blanks: Expression
  /// A character of a text, escaped or not.
  let character: Expression
  let string: Expression
  let value: Expression
  let object: Expression
  let array: Expression
  let number: Expression
  let integer: Expression
  static let boolean = Expression.choice([.text("true"), .text("false")])
  static let null = Expression.text("null")

  /// Adds the rules to a grammar.
  init(_ grammar: inout Grammar) {
    func add(_ name: String, _ body: Expression) -> Expression {
      grammar.rules.append(Grammar.Rule(name: name, body: body))
      return .rule(grammar.rules.count - 1)
    }
    let indentation = Expression.repetition(.scalars(" \t"), minimum: 0, maximum: 20)
    blanks = add("JSON's white space", .optional(.choice([.text(" "), .sequence([.text("\n"), indentation])])))
    character = add("a character of JSON", Self.characters)
    string = add(
      "a JSON text", .sequence([.text("\""), .repetition(Self.characters, minimum: 0, maximum: nil), .text("\"")]))
    number = add("a JSON number", Self.numbers)
    integer = add("a JSON integer", Self.integers)
    let valueID = grammar.rules.count
    value = add("a JSON value", .empty)
    array = add("a JSON array", Self.array(of: value, blanks))
    let member = Expression.sequence([string, .text(":"), blanks, value])
    object = add("a JSON object", Self.list("{", member, "}", blanks))
    grammar.rules[valueID].body = .choice([object, array, string, number, Self.boolean, Self.null])
  }

  static func array(of value: Expression, _ blanks: Expression) -> Expression { list("[", value, "]", blanks) }

  private static func list(_ open: String, _ item: Expression, _ close: String, _ blanks: Expression) -> Expression {
    let more = Expression.repetition(.sequence([.text(","), blanks, item]), minimum: 0, maximum: nil)
    return .sequence([.text(open), blanks, .optional(.sequence([item, more, blanks])), .text(close)])
  }

  /// All but those that must be escaped.
  private static let plain = ScalarSet([0x20...0x21, 0x23...0x5B, 0x5D...0x10FFFF])

  /// As JSON spells a character of the set, escaped only where it must be: each in one way.
  static func spelling(_ set: ScalarSet) -> Expression {
    var parts = [Expression.scalars(set.intersection(plain))]
    for byte in Array(UInt8(0)..<0x20) + [0x22, 0x5C] where set.contains(UInt32(byte)) {
      parts.append(.literal(JSONText.escaped(byte)))
    }
    return .choice(parts)
  }

  /// Whatever JSON allows; halves of surrogate pairs only as pairs.
  private static let characters: Expression = {
    func digit(_ characters: ScalarSet) -> Expression { .scalars(characters) }
    let any: ScalarSet = "0123456789abcdefABCDEF"
    let pair = Expression.sequence([
      digit("dD"), digit("89abAB"), digit(any), digit(any), .text("\\u"), digit("dD"), digit("cdefCDEF"), digit(any),
      digit(any),
    ])
    let notSurrogate = Expression.choice([
      .sequence([digit("0123456789abcefABCEF"), digit(any)]), .sequence([digit("dD"), digit("01234567")]),
    ])
    let single = Expression.sequence([notSurrogate, digit(any), digit(any)])
    return .choice([
      .scalars(plain), .sequence([.text("\\"), .scalars("\"\\/bfnrt")]),
      .sequence([.text("\\u"), .choice([single, pair])]),
    ])
  }()

  private static func digits(_ minimum: Int, _ maximum: Int) -> Expression {
    .repetition(.scalars(.digits), minimum: minimum, maximum: maximum)
  }

  private static let nonzero = Expression.sequence([.scalars("123456789"), digits(0, 14)])

  /// At most 15 digits: all of them survive in a double.
  private static let integers = Expression.choice([
    .text("0"), .sequence([.optional(.text("-")), nonzero]),
  ])

  private static let numbers = Expression.sequence([
    .optional(.text("-")), .choice([.text("0"), nonzero]),
    .optional(.sequence([.text("."), digits(1, 15)])),
    .optional(.sequence([.scalars("eE"), .optional(.scalars("+-")), digits(1, 2)])),
  ])
}
