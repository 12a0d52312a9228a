/// One message of a chat, as a template reads it.
package struct ChatMessage: Hashable, Sendable {
  package var role: String
  package var content: String
  /// Further fields, such as `name`; `role` and `content` among them are ignored.
  package var fields: [String: ChatValue]

  package init(role: String, content: String, fields: [String: ChatValue] = [:]) {
    self.role = role
    self.content = content
    self.fields = fields
  }
}

/// A value that the caller passes to a template. Its strings count as the user's.
package indirect enum ChatValue: Hashable, Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case list([ChatValue])
  case mapping([String: ChatValue])
}

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
