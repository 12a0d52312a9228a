/// A part of a template's source.
struct TemplateFragment: Sendable {
  enum Content: Sendable {
    case text(String)
    case output([TemplateToken])
    case tag([TemplateToken])
  }
  let content: Content
  /// The line where it starts, from 1.
  let line: Int
}
