/// Why a chat template cannot be used, or does not want these messages.
package struct ChatTemplateError: Error, Hashable, CustomStringConvertible {
  package enum Kind: Hashable, Sendable {
    /// The template's source is not understood.
    case syntax
    /// The template uses something that this interpreter does not have.
    case unsupported
    /// A limit on depth, work or size was reached.
    case limit
    /// The template itself refused the messages: the request is at fault, not the model.
    case refusedByTemplate
    /// An expression had no meaning, such as an attribute of something undefined.
    case evaluation
  }

  package let kind: Kind
  package let description: String

  init(_ kind: Kind, _ description: String, line: Int? = nil) {
    self.kind = kind
    let place = line.map { " (line \($0) of the chat template)" } ?? ""
    self.description = description + place
  }
}
