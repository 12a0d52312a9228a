/// One sample of a task at one size: its parts in order, and what fills the room that is left.
struct RulerLayout: Hashable, Sendable {
  /// What stands between the first and the second part where the text is shorter than its length.
  enum Seam: Hashable, Sendable {
    /// Whole lines; the filling ends with a line break.
    case line
    /// A blank: the second part continues the line.
    case blank
  }

  /// The instruction, with an example where the task has one.
  var opening: String
  /// Text like the context's. The end of one or more repetitions of it stands before the context.
  var filling: String
  var seam: Seam
  var context: String
  /// Ends the user's part.
  var question: String
  /// The start of the answer, without a blank before it.
  var answerPrefix: String
}

/// One sample of a task, whose size is to be chosen.
///
/// The same draws for any size: a sample is a value, and asking twice gives the same text.
protocol RulerSample: Sendable {
  /// What the answer must contain; not empty.
  var references: [String] { get }
  /// The sizes for which there is a text: sentences, lines, words or documents.
  var sizes: ClosedRange<Int> { get }
  /// - Parameter size: within `sizes`.
  func layout(size: Int) -> RulerLayout
}
