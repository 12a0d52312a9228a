/// One message of a chat, as a template sees it.
package struct ChatMessage: Hashable, Sendable {
  package var role: String
  package var content: String
  /// Further fields, such as `name`; `role` and `content` in it are ignored.
  package var fields: [String: ChatValue]

  package init(role: String, content: String, fields: [String: ChatValue] = [:]) {
    self.role = role
    self.content = content
    self.fields = fields
  }
}

/// A value handed to a template from outside. Text in it counts as the user's.
package indirect enum ChatValue: Hashable, Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case list([ChatValue])
  case mapping([String: ChatValue])
}

/// A run of a rendered prompt that has one origin. Special tokens may be parsed only in what the template
/// wrote: then nothing that a user writes can become one.
package struct ChatSegment: Hashable, Sendable {
  package var text: String
  /// True for literals of the template and the begin and end tokens; false for all that came from messages or
  /// could not be traced.
  package var isFromTemplate: Bool

  package init(text: String, isFromTemplate: Bool) {
    self.text = text
    self.isFromTemplate = isFromTemplate
  }
}
