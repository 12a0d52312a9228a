package import JSON

/// One message of a chat, as a template reads it.
package struct ChatMessage: Hashable, Sendable {
  package var role: String
  /// Nil for a message without text, such as one that only calls tools.
  package var content: String?
  /// Further fields, such as `name` or `tool_calls`; `role`, `content` and nulls among them are ignored.
  package var fields: JSONObject

  package init(role: String, content: String?, fields: JSONObject = [:]) {
    self.role = role
    self.content = content
    self.fields = fields
  }
}
