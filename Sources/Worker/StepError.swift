import Core

/// A step that this stage cannot compute as sent.
enum StepError: Error, CustomStringConvertible {
  case tooManyRows(Int, limit: Int)
  case otherWidth(Int, expected: Int)
  case payload(Int, expected: Int)
  case notLogged(SequenceID, Range<Int>)
  /// The next stage does not take what it is sent.
  case behind(byteCount: Int, limit: Int)

  var description: String {
    switch self {
    case .tooManyRows(let rows, let limit): "the step has \(rows) tokens where the plan allows \(limit)"
    case .otherWidth(let width, let expected): "hidden states are \(width) wide where the model's are \(expected)"
    case .payload(let count, let expected): "the payload has \(count) bytes where the step needs \(expected)"
    case .behind(let count, let limit):
      "the next stage is \(count) bytes behind, which is more than all steps in flight can have (\(limit))"
    case .notLogged(let sequence, let positions): "what was sent of \(sequence) at \(positions) is not here any more"
    }
  }
}
