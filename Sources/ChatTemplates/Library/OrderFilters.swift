/// Filters that compare items with each other. Texts are compared without case unless `case_sensitive` is true.
enum OrderFilters {
  static let filters: [String: FilterLibrary.Filter] = [
    "sort": FilterLibrary.Filter("reverse", "case_sensitive", "attribute", body: sort),
    "dictsort": FilterLibrary.Filter("case_sensitive", "by", "reverse", body: sortMapping),
    "unique": FilterLibrary.Filter("case_sensitive", "attribute", body: unique),
    "groupby": FilterLibrary.Filter("attribute", "default", "case_sensitive", body: group),
    "min": extreme("the smallest element", isSmallest: true),
    "max": extreme("the largest element", isSmallest: false),
  ]

  @Sendable private static func sort(
    _ value: TemplateValue, _ arguments: BoundArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    let paths = try AttributePath.list(arguments[2] ?? TemplateValue.none)
    let isCaseSensitive = arguments.isTrue(1)
    var keyed: [(key: TemplateValue, item: TemplateValue)] = []
    for item in try value.items(&context.budget) {
      var keys: [TemplateValue] = []
      for path in paths {
        keys.append(
          try Ordering.key(try path.value(of: item), isCaseSensitive: isCaseSensitive, &context.budget))
      }
      keyed.append((keys.count == 1 ? keys[0] : .list(try TemplateList(keys)), item))
    }
    return .list(
      try TemplateList(
        try sorted(keyed, isReversed: arguments.isTrue(0), &context.budget).map(\.item)))
  }

  /// Equal items keep their order, also where the order is reversed.
  private static func sorted<Item>(
    _ items: [(key: TemplateValue, item: Item)], isReversed: Bool, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> [(key: TemplateValue, item: Item)] {
    let ordered = try Ordering.sorted(isReversed ? items.reversed() : items, by: \.key, &budget)
    return isReversed ? ordered.reversed() : ordered
  }

  @Sendable private static func sortMapping(
    _ value: TemplateValue, _ arguments: BoundArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    let by = try arguments.optionalText(1)?.string ?? "key"
    guard by == "key" || by == "value" else {
      throw ChatTemplateError(.evaluation, "\"dictsort\" sorts by \"key\" or by \"value\"")
    }
    guard case .mapping(let mapping) = value else {
      throw ChatTemplateError(.evaluation, "\(value.kindName) has no keys")
    }
    var keyed: [(key: TemplateValue, item: TemplateValue)] = []
    for entry in mapping.entries {
      let key = try Ordering.key(
        by == "key" ? entry.key : entry.value, isCaseSensitive: arguments.isTrue(0), &context.budget)
      keyed.append((key, try .tuple([entry.key, entry.value])))
    }
    return .list(
      try TemplateList(
        try sorted(keyed, isReversed: arguments.isTrue(2), &context.budget).map(\.item)))
  }

  @Sendable private static func unique(
    _ value: TemplateValue, _ arguments: BoundArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    let path = try AttributePath(arguments[1] ?? TemplateValue.none)
    var seen: Set<TemplateKey> = []
    var kept: [TemplateValue] = []
    for item in try value.items(&context.budget) {
      let key = try Ordering.key(
        try path.value(of: item), isCaseSensitive: arguments.isTrue(0), &context.budget)
      if seen.insert(try TemplateKey(key)).inserted { kept.append(item) }
    }
    return .iterator(try TemplateIterator(kept))
  }

  @Sendable private static func group(
    _ value: TemplateValue, _ arguments: BoundArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    let path = try AttributePath(try arguments.required(0))
    var keyed: [(key: TemplateValue, item: (grouper: TemplateValue, value: TemplateValue))] = []
    for item in try value.items(&context.budget) {
      var grouper = try path.value(of: item)
      if grouper.isUndefined, let standard = arguments[1] { grouper = standard }
      let key = try Ordering.key(grouper, isCaseSensitive: arguments.isTrue(2), &context.budget)
      keyed.append((key, (grouper, item)))
    }
    var groups: [(key: TemplateValue, grouper: TemplateValue, items: [TemplateValue])] = []
    for (key, item) in try Ordering.sorted(keyed, by: \.key, &context.budget) {
      if let last = groups.last, try Comparison.areEqual(last.key, key, &context.budget) {
        groups[groups.count - 1].items.append(item.value)
      } else {
        groups.append((key, item.grouper, [item.value]))
      }
    }
    var pairs: [TemplateValue] = []
    for group in groups {
      pairs.append(.list(try TemplateList([group.grouper, .list(try TemplateList(group.items))], .group)))
    }
    return .list(try TemplateList(pairs))
  }

  /// The first of the smallest or of the largest items.
  private static func extreme(_ name: String, isSmallest: Bool) -> FilterLibrary.Filter {
    FilterLibrary.Filter("case_sensitive", "attribute") { (value, arguments, context) throws(ChatTemplateError) in
      let path = try AttributePath(arguments[1] ?? TemplateValue.none)
      var best: (key: TemplateValue, item: TemplateValue)?
      for item in try value.items(&context.budget) {
        let key = try Ordering.key(
          try path.value(of: item), isCaseSensitive: arguments.isTrue(0), &context.budget)
        guard let old = best else {
          best = (key, item)
          continue
        }
        let (first, second) = isSmallest ? (key, old.key) : (old.key, key)
        if try Comparison.precedes(first, second, &context.budget) { best = (key, item) }
      }
      return best?.item ?? .undefined(name)
    }
  }
}
