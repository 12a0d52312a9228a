/// A word of an expression or a tag.
enum TemplateToken: Hashable, Sendable {
  case name(String)
  case string(String)
  case integer(Int)
  case float(Double)
  /// An operator or bracket.
  case symbol(String)
}

/// A part of a template's source.
struct TemplateChunk: Sendable {
  enum Content: Sendable {
    case text(String)
    case output([TemplateToken])
    case tag([TemplateToken])
  }
  let content: Content
  /// Line in which it starts, from 1.
  let line: Int
}
