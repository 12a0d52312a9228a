/// A statement of a template.
indirect enum Statement: Sendable {
  case text(TracedText)
  case output(Expression, line: Int)
  case assign([String], Expression, line: Int)
  case assignAttribute(String, String, Expression, line: Int)
  case capture(String, [Statement])
  case choice([(condition: Expression, body: [Statement])], otherwise: [Statement], line: Int)
  case loop(Loop)
  case breakLoop
  case continueLoop

  struct Loop: Sendable {
    let names: [String]
    let items: Expression
    let condition: Expression?
    let body: [Statement]
    let otherwise: [Statement]
    let line: Int
  }
}
