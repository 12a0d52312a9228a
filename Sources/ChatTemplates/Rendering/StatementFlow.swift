/// What a body's last statement asks the enclosing loop to do.
enum StatementFlow {
  case next, breakLoop, continueLoop
}
