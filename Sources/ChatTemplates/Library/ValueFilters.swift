/// Filters over any value.
enum ValueFilters {
  static let filters: [String: FilterLibrary.Filter] = [
    "default": standard, "d": standard,
    "length": length, "count": length,
    "attr": FilterLibrary.Filter("name") { (value, arguments, _) throws(ChatTemplateError) in
      let name = try arguments.text(0).string
      // Unlike `value.name`, the filter reads attributes only, no keys.
      if case .mapping = value { return MethodLibrary.has(name, value) ? .method(name, of: value) : .undefined(name) }
      return try value.attribute(name)
    },
    "tojson": FilterLibrary.Filter("ensure_ascii", "indent", "separators", "sort_keys", body: json),
    "pprint": FilterLibrary.Filter { (value, _, context) throws(ChatTemplateError) in
      let text = try PythonPrinter.print(value, sortsKeys: true, &context.budget)
      // Python breaks longer ones into lines.
      guard text.utf8.count <= 80 else {
        throw ChatTemplateError(.unsupported, "the filter \"pprint\" is not supported beyond 80 characters")
      }
      return .text(text)
    },
  ]

  private static let standard = FilterLibrary.Filter("default_value", "boolean") {
    (value, arguments, _) throws(ChatTemplateError) in
    value.isUndefined || (arguments.isTrue(1) && !value.isTrue) ? arguments[0] ?? .text("") : value
  }

  private static let length = FilterLibrary.Filter { (value, _, _) throws(ChatTemplateError) in
    guard let length = value.length else {
      throw ChatTemplateError(.evaluation, "\(value.kindName) has no length")
    }
    return .integer(length)
  }

  @Sendable private static func json(
    _ value: TemplateValue, _ arguments: BoundArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    var style = JSONPrinter.Style()
    style.isASCII = arguments.isTrue(0)
    if case .text(let indent)? = arguments[1] {
      style.indent = indent.string
    } else if let width = try arguments.integer(1) {
      guard width <= 64 else { throw ChatTemplateError(.limit, "JSON is indented by more than 64 blanks") }
      style.indent = String(repeating: " ", count: max(0, width))
    }
    if case .list(let separators)? = arguments[2], separators.items.count == 2,
      case .text(let item) = separators.items[0], case .text(let key) = separators.items[1]
    {
      (style.itemSeparator, style.keySeparator) = (item.string, key.string)
    } else if case .some(let given) = arguments[2], given.isTrue {
      throw ChatTemplateError(.evaluation, "the separators of JSON are two strings")
    }
    style.sortsKeys = arguments.isTrue(3)
    return .text(try JSONPrinter.print(value, style, &context.budget))
  }
}
