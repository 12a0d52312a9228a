/// A token of an expression or a tag.
enum TemplateToken: Hashable, Sendable {
  case name(String)
  case string(String)
  case integer(Int)
  case float(Double)
  /// An operator or bracket.
  case symbol(String)
}
