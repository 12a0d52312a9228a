package import Tokenization

/// What stands around a task: nothing, or a chat template's text before the user's message and after it.
package struct RulerFrame: Hashable, Sendable {
  let before: [TextSegment]
  let after: [TextSegment]

  package init(before: [TextSegment], after: [TextSegment]) {
    (self.before, self.after) = (before, after)
  }

  /// The task as it is; the answer continues its last line.
  package static let none = RulerFrame(before: [], after: [])
}
