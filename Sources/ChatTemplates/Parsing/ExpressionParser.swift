/// Parses tokens into expressions by recursive descent. Depth is limited, so no source can exhaust the stack.
struct ExpressionParser {
  let tokens: [TemplateToken]
  var at = 0
  private var depth: Int
  private let line: Int

  init(_ tokens: [TemplateToken], depth: Int, line: Int) {
    self.tokens = tokens
    self.depth = depth
    self.line = line
  }

  var isAtEnd: Bool { at == tokens.count }
  var peeked: TemplateToken? { at < tokens.count ? tokens[at] : nil }

  func error(_ text: String) -> ChatTemplateError { ChatTemplateError(.syntax, text, line: line) }

  mutating func takeSymbol(_ symbol: String) -> Bool {
    guard peeked == .symbol(symbol) else { return false }
    at += 1
    return true
  }

  mutating func takeName(_ name: String) -> Bool {
    guard peeked == .name(name) else { return false }
    at += 1
    return true
  }

  mutating func anyName() throws(ChatTemplateError) -> String {
    guard case .name(let name)? = peeked else { throw error("a name is missing") }
    at += 1
    return name
  }

  mutating func expectSymbol(_ symbol: String) throws(ChatTemplateError) {
    guard takeSymbol(symbol) else { throw error("a \"\(symbol)\" is missing") }
  }

  func expectEnd() throws(ChatTemplateError) {
    guard isAtEnd else { throw error("unexpected text follows") }
  }

  /// Runs a part of the parser one level deeper.
  mutating func nested<Result>(
    _ parse: (inout ExpressionParser) throws(ChatTemplateError) -> Result
  ) throws(ChatTemplateError) -> Result {
    try enter()
    defer { depth -= 1 }
    return try parse(&self)
  }

  private mutating func enter() throws(ChatTemplateError) {
    depth += 1
    guard depth <= ChatTemplateLimits.depth else {
      throw ChatTemplateError(
        .limit, "brackets and blocks are nested more than \(ChatTemplateLimits.depth) deep", line: line)
    }
  }

  /// A whole expression, including `a if b else c` unless `if` belongs to the enclosing tag.
  mutating func expression(allowingChoice: Bool = true) throws(ChatTemplateError) -> Expression {
    try enter()
    defer { depth -= 1 }
    let value = try disjunction()
    guard allowingChoice, takeName("if") else { return value }
    let condition = try disjunction()
    let otherwise = takeName("else") ? try expression() : nil
    return .choice(value, when: condition, otherwise: otherwise)
  }

  /// Expressions separated by commas form a tuple.
  mutating func expressionList(allowingChoice: Bool = true) throws(ChatTemplateError) -> Expression {
    let first = try expression(allowingChoice: allowingChoice)
    guard peeked == .symbol(",") else { return first }
    var items = [first]
    while takeSymbol(","), !isAtEnd, peeked != .symbol(")") {
      items.append(try expression(allowingChoice: allowingChoice))
    }
    return .tuple(items)
  }

  private mutating func disjunction() throws(ChatTemplateError) -> Expression {
    var operands = [try conjunction()]
    while takeName("or") { operands.append(try conjunction()) }
    return operands.count == 1 ? operands[0] : .any(operands)
  }

  private mutating func conjunction() throws(ChatTemplateError) -> Expression {
    var operands = [try negation()]
    while takeName("and") { operands.append(try negation()) }
    return operands.count == 1 ? operands[0] : .all(operands)
  }

  private mutating func negation() throws(ChatTemplateError) -> Expression {
    guard takeName("not") else { return try comparison() }
    try enter()
    defer { depth -= 1 }
    return .not(try negation())
  }

  private mutating func comparison() throws(ChatTemplateError) -> Expression {
    let first = try chain(0)
    var rest: [(symbol: String, operand: Expression)] = []
    while let symbol = comparisonSymbol() { rest.append((symbol, try chain(0))) }
    return rest.isEmpty ? first : .comparison(first, rest)
  }

  private mutating func comparisonSymbol() -> String? {
    switch peeked {
    case .symbol(let symbol) where ["==", "!=", "<", ">", "<=", ">="].contains(symbol):
      at += 1
      return symbol
    case .name("in"):
      at += 1
      return "in"
    case .name("not") where at + 1 < tokens.count && tokens[at + 1] == .name("in"):
      at += 2
      return "not in"
    default: return nil
    }
  }

  /// From the lowest to the highest precedence, as in Jinja.
  private static let levels: [Set<String>] = [["+", "-"], ["~"], ["*", "/", "//", "%"], ["**"]]

  private mutating func chain(_ level: Int) throws(ChatTemplateError) -> Expression {
    guard level < ExpressionParser.levels.count else { return try unary(withFilters: true) }
    let first = try chain(level + 1)
    var rest: [(symbol: String, operand: Expression)] = []
    while case .symbol(let symbol)? = peeked, ExpressionParser.levels[level].contains(symbol) {
      at += 1
      rest.append((symbol, try chain(level + 1)))
    }
    return rest.isEmpty ? first : .chain(first, rest)
  }

  /// A sign binds closer than filters: `-1 | abs` is 1.
  private mutating func unary(withFilters: Bool) throws(ChatTemplateError) -> Expression {
    let operand: Expression
    if peeked == .symbol("-") || peeked == .symbol("+") {
      let isNegative = peeked == .symbol("-")
      at += 1
      try enter()
      defer { depth -= 1 }
      operand = .sign(isNegative: isNegative, try unary(withFilters: false))
    } else {
      operand = try primary()
    }
    let rest = try postfixes(withFilters: withFilters)
    return rest.isEmpty ? operand : .postfix(operand, rest)
  }

  mutating func primary() throws(ChatTemplateError) -> Expression {
    guard let token = peeked else { throw error("an expression is missing") }
    at += 1
    switch token {
    case .integer(let value): return .literal(.integer(value))
    case .float(let value): return .literal(.float(value))
    case .string(var text):
      while case .string(let more)? = peeked {
        text += more
        at += 1
      }
      return .literal(.text(TracedText(text, isFromTemplate: true)))
    case .name(let name): return ExpressionParser.constants[name].map { .literal($0) } ?? .name(name)
    case .symbol("("):
      if takeSymbol(")") { return .tuple([]) }
      let value = try expressionList()
      try expectSymbol(")")
      return value
    case .symbol("["): return .list(try items(closedBy: "]"))
    case .symbol("{"): return try mapping()
    case .symbol(let symbol): throw error("\"\(symbol)\" cannot begin an expression")
    }
  }

  static func isConstant(_ name: String) -> Bool { constants[name] != nil }

  private static let constants: [String: Literal] = [
    "true": .bool(true), "True": .bool(true), "false": .bool(false), "False": .bool(false), "none": .none,
    "None": .none,
  ]

  private mutating func items(closedBy symbol: String) throws(ChatTemplateError) -> [Expression] {
    var items: [Expression] = []
    while !takeSymbol(symbol) {
      if !items.isEmpty {
        try expectSymbol(",")
        if takeSymbol(symbol) { break }
      }
      items.append(try expression())
    }
    return items
  }

  private mutating func mapping() throws(ChatTemplateError) -> Expression {
    var entries: [(key: Expression, value: Expression)] = []
    while !takeSymbol("}") {
      if !entries.isEmpty {
        try expectSymbol(",")
        if takeSymbol("}") { break }
      }
      let key = try expression()
      try expectSymbol(":")
      entries.append((key, try expression()))
    }
    return .mapping(entries)
  }
}
