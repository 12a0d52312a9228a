/// A statement of a template.
indirect enum Statement: Sendable {
  case text(TracedText)
  case output(Expression, line: Int)
  case assign(Target, Expression, line: Int)
  /// `set` with a body: what the body renders, after filters.
  case capture(Target, filters: [Postfix], [Statement], line: Int)
  case choice([(condition: Expression, body: [Statement])], otherwise: [Statement], line: Int)
  case loop(Loop)
  case breakLoop
  case continueLoop
  case macro(Macro)
  /// A call whose body the macro may render as `caller()`.
  case call(Expression, [Argument], caller: Macro, line: Int)
  case filtered([Postfix], [Statement], line: Int)
  case with([(target: Target, value: Expression)], [Statement], line: Int)
  case block(String, isScoped: Bool, line: Int)
  case autoescape(Expression, [Statement], line: Int)
  /// A tag that needs other templates.
  case unavailable(String, line: Int)

  struct Loop: Sendable {
    let target: Target
    let items: Expression
    let condition: Expression?
    let body: [Statement]
    let otherwise: [Statement]
    let isRecursive: Bool
    let line: Int
  }

  /// What an assignment or a loop binds.
  indirect enum Target: Sendable {
    case name(String)
    case attribute(String, of: String)
    case tuple([Target])
  }

  struct Macro: Sendable {
    let name: String
    let parameters: [(name: String, value: Expression?)]
    let body: [Statement]
    /// Whether the body reads `varargs`, `kwargs`, `caller`: only then a call may pass such arguments.
    let takesVarargs: Bool
    let takesKwargs: Bool
    let takesCaller: Bool
    let line: Int
  }
}
