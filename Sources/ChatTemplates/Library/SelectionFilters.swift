/// Filters that choose items or replace each. They give generators, which can be visited once.
enum SelectionFilters {
  static let filters: [String: FilterLibrary.Filter] = [
    "map": FilterLibrary.Filter("*", body: map),
    "select": selection(keeping: true),
    "reject": selection(keeping: false),
    "selectattr": selection(keeping: true, byAttribute: true),
    "rejectattr": selection(keeping: false, byAttribute: true),
  ]

  /// What is false has no items, also none and 0.
  private static func items(
    _ value: TemplateValue, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> [TemplateValue] {
    value.isTrue ? try value.items(&budget) : []
  }

  /// An attribute of each item, or another filter applied to each.
  @Sendable private static func map(
    _ value: TemplateValue, _ arguments: BoundArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    let given = arguments.rest
    var made: [TemplateValue] = []
    let named = Dictionary(given.named.map { ($0.key, $0.value) }) { first, _ in first }
    if given.positional.isEmpty, let attribute = named["attribute"] {
      if let extra = given.named.first(where: { $0.key != "attribute" && $0.key != "default" }) {
        throw ChatTemplateError(.evaluation, "\"map\" does not take the argument \"\(extra.key.prefix(64))\"")
      }
      let path = try AttributePath(attribute)
      for item in try items(value, &context.budget) {
        let found = try path.value(of: item)
        made.append(found.isUndefined ? named["default"] ?? found : found)
      }
    } else {
      guard case .text(let name)? = given.positional.first else {
        throw ChatTemplateError(.evaluation, "\"map\" takes an attribute or a filter's name")
      }
      for item in try items(value, &context.budget) {
        made.append(try FilterLibrary.apply(name.string, to: item, given.dropping(first: 1), &context))
      }
    }
    return .iterator(try TemplateIterator(made))
  }

  /// The items, or those whose attribute, that pass a test. Arguments: attribute if any, test (is true), its arguments.
  private static func selection(keeping kept: Bool, byAttribute: Bool = false) -> FilterLibrary.Filter {
    FilterLibrary.Filter("*") { (value, arguments, context) throws(ChatTemplateError) in
      var rest = arguments.rest
      var path = try AttributePath(TemplateValue.none)
      if byAttribute {
        guard let attribute = rest.positional.first else {
          throw ChatTemplateError(.evaluation, "a selection by attribute lacks its attribute")
        }
        path = try AttributePath(attribute)
        rest = rest.dropping(first: 1)
      }
      var test: String?
      if case .text(let text)? = rest.positional.first {
        test = text.string
        rest = rest.dropping(first: 1)
      }
      var selected: [TemplateValue] = []
      for item in try items(value, &context.budget) {
        try context.budget.spend()
        let tested = try path.value(of: item)
        var passes = tested.isTrue
        if let test { passes = try TestLibrary.holds(test, tested, rest, &context) }
        if passes == kept { selected.append(item) }
      }
      return .iterator(try TemplateIterator(selected))
    }
  }
}
