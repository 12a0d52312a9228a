/// A part of an answer, once the marks of the model's family are taken out of its text.
enum AnswerPart: Hashable, Sendable {
  case content(String)
  /// What the model wrote for itself before its answer.
  case reasoning(String)
  case call(ToolCall)
}
