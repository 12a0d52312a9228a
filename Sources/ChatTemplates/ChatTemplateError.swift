/// Why a chat template cannot be used, or rejects these messages.
package struct ChatTemplateError: Error, Hashable, CustomStringConvertible {
  package enum Kind: Hashable, Sendable {
    /// The template's source is malformed.
    case syntax
    /// The template uses a feature that this interpreter lacks.
    case unsupported
    /// A limit on depth, work or size was reached.
    case limit
    /// The template itself rejected the messages: the request is at fault, not the model.
    case refusedByTemplate
    /// An expression is undefined, such as an attribute of an undefined value.
    case evaluation
  }

  package let kind: Kind
  package let description: String
  /// Whether the description names the line of the template.
  let hasLine: Bool

  init(_ kind: Kind, _ description: String, line: Int? = nil) {
    self.kind = kind
    let place = line.map { " (line \($0) of the chat template)" } ?? ""
    self.description = description + place
    hasLine = line != nil
  }
}
