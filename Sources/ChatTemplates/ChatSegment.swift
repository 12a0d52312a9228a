/// A run of a rendered prompt of one origin. Special tokens may be parsed only in text that the template wrote, so that
/// no user's text can become one.
package struct ChatSegment: Hashable, Sendable {
  package var text: String
  /// True for literals of the template and the begin and end tokens; false for text that came from messages or could
  /// not be traced.
  package var isFromTemplate: Bool

  package init(text: String, isFromTemplate: Bool) {
    self.text = text
    self.isFromTemplate = isFromTemplate
  }
}
