/// The filters over what a value consists of.
enum ListFilters {
  static let filters: [String: FilterLibrary.Filter] = [
    "items": pairs,
    "list": list { $0 },
    "reverse": list { $0.reversed() },
    "first": first,
    "last": last,
    "join": join,
    "map": map,
    "select": selection(keeping: true),
    "reject": selection(keeping: false),
    "selectattr": selection(keeping: true, byAttribute: true),
    "rejectattr": selection(keeping: false, byAttribute: true),
  ]

  @Sendable private static func pairs(
    _ value: TemplateValue, _: CallArguments, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    try value.pairs(&budget)
  }

  private static func list(
    _ change: @escaping @Sendable ([TemplateValue]) -> [TemplateValue]
  ) -> FilterLibrary.Filter {
    { (value, _, budget) throws(ChatTemplateError) in .list(try TemplateList(change(try value.items(&budget)))) }
  }

  @Sendable private static func first(
    _ value: TemplateValue, _: CallArguments, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    try value.items(&budget).first ?? .undefined("the first element")
  }

  @Sendable private static func last(
    _ value: TemplateValue, _: CallArguments, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    try value.items(&budget).last ?? .undefined("the last element")
  }

  @Sendable private static func join(
    _ value: TemplateValue, _ arguments: CallArguments, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    let separator: TracedText
    if let given = arguments[0, "d"] { separator = try given.printed(&budget) } else { separator = TracedText() }
    return .text(try value.joined(separator, attribute: arguments[1, "attribute"], &budget))
  }

  /// An attribute of each item, or another filter applied to each.
  @Sendable private static func map(
    _ value: TemplateValue, _ arguments: CallArguments, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    let rest = CallArguments(positional: Array(arguments.positional.dropFirst()), named: arguments.named)
    var made: [TemplateValue] = []
    for item in try value.items(&budget) {
      if let attribute = arguments["attribute"] {
        made.append(try item.element(attribute))
      } else if let inner = arguments.text(0, "filter") {
        made.append(try FilterLibrary.apply(inner.string, to: item, rest, &budget))
      }
    }
    return .list(try TemplateList(made))
  }

  /// The items, or those whose attribute, that pass a test. Arguments: attribute if any, test (is true), its arguments.
  private static func selection(keeping kept: Bool, byAttribute: Bool = false) -> FilterLibrary.Filter {
    { (value, arguments, budget) throws(ChatTemplateError) in
      var rest = arguments.positional[...]
      let attribute = byAttribute ? rest.popFirst() : nil
      var test: String?
      if case .text(let text)? = rest.popFirst() { test = text.string }
      let testArguments = CallArguments(positional: Array(rest))
      var selected: [TemplateValue] = []
      for item in try value.items(&budget) {
        try budget.spend()
        var tested = item
        if let attribute { tested = try item.element(attribute) }
        var passes = tested.isTrue
        if let test { passes = try TestLibrary.holds(test, tested, testArguments, &budget) }
        if passes == kept { selected.append(item) }
      }
      return .list(try TemplateList(selected))
    }
  }
}
