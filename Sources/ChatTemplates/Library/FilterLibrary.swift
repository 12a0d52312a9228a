/// The filters that a template may apply: `value | name(arguments)`. Each theme has its file.
enum FilterLibrary {
  typealias Filter = Builtin<TemplateValue>

  static let filters: [String: Filter] = [
    TextFilters.filters, MarkupFilters.filters, ListFilters.filters, SelectionFilters.filters, OrderFilters.filters,
    NumberFilters.filters, ValueFilters.filters,
  ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }

  static func apply(
    _ name: String, to value: TemplateValue, _ arguments: CallArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    guard let filter = filters[name] else {
      let reason = refused[name].map { ": \($0)" } ?? ""
      throw ChatTemplateError(.unsupported, "the filter \"\(name.prefix(64))\" is not supported\(reason)")
    }
    return try filter.call(name, value, arguments, &context)
  }

  /// Filters of Jinja that are refused, with the reason.
  private static let refused = [
    "random": "a prompt must not depend on chance", "urlize": "prompts are no web pages",
  ]
}
