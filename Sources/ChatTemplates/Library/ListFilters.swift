/// Filters over what a value consists of.
enum ListFilters {
  static let filters: [String: FilterLibrary.Filter] = [
    "items": FilterLibrary.Filter { (value, _, context) throws(ChatTemplateError) in
      .iterator(try TemplateIterator(value.isUndefined ? [] : try value.pairs(&context.budget)))
    },
    "list": FilterLibrary.Filter { (value, _, context) throws(ChatTemplateError) in
      .list(try TemplateList(try value.items(&context.budget)))
    },
    "reverse": FilterLibrary.Filter { (value, _, context) throws(ChatTemplateError) in
      if case .text(let text) = value {
        try context.budget.spend(characters: text.count)
        return .text(TracedText(units: text.units.reversed(), isMarkup: text.isMarkup))
      }
      return .iterator(try TemplateIterator(try value.items(&context.budget).reversed()))
    },
    "first": FilterLibrary.Filter { (value, _, context) throws(ChatTemplateError) in
      if case .iterator(let iterator) = value { return iterator.next() ?? .undefined("the first element") }
      return try value.items(&context.budget).first ?? .undefined("the first element")
    },
    "last": FilterLibrary.Filter { (value, _, context) throws(ChatTemplateError) in
      if case .iterator = value { throw ChatTemplateError(.evaluation, "a generator cannot be read from its end") }
      return try value.items(&context.budget).last ?? .undefined("the last element")
    },
    "join": FilterLibrary.Filter("d", "attribute", body: join),
    "sum": FilterLibrary.Filter("attribute", "start", body: sum),
    "batch": FilterLibrary.Filter("linecount", "fill_with", body: batch),
    "slice": FilterLibrary.Filter("slices", "fill_with", body: slice),
  ]

  @Sendable private static func join(
    _ value: TemplateValue, _ arguments: BoundArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    var separator = try arguments[0]?.printed(&context.budget) ?? TracedText()
    var parts: [TracedText] = []
    for item in try value.items(&context.budget) {
      let part = try arguments[1].map { attribute throws(ChatTemplateError) in
        try AttributePath(attribute).value(of: item)
      }
      parts.append(try (part ?? item).printed(&context.budget))
    }
    if context.autoescapes, separator.isMarkup || parts.contains(where: \.isMarkup) {
      separator = separator.escaped
      parts = parts.map(\.escaped)
    } else {
      separator.isMarkup = false
    }
    return .text(try separator.joined(parts, &context.budget))
  }

  @Sendable private static func sum(
    _ value: TemplateValue, _ arguments: BoundArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    var sum = arguments[1] ?? .integer(0)
    for item in try value.items(&context.budget) {
      var term = item
      if let attribute = arguments[0], attribute.isTrue { term = try AttributePath(attribute).value(of: item) }
      sum = try Arithmetic.combine(sum, "+", term, &context)
    }
    return sum
  }

  /// Lists of so many items each.
  @Sendable private static func batch(
    _ value: TemplateValue, _ arguments: BoundArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    guard let size = try arguments.integer(0), size > 0 else {
      throw ChatTemplateError(.evaluation, "\"batch\" takes how many items a list has")
    }
    let items = try value.items(&context.budget)
    var lists: [TemplateValue] = []
    for start in stride(from: 0, to: items.count, by: size) {
      var part = Array(items[start..<(size < items.count - start ? start + size : items.count)])
      if let fill = arguments[1], part.count < size {
        if case .none = fill {
        } else {
          try context.budget.spend(size - part.count)
          part += repeatElement(fill, count: size - part.count)
        }
      }
      lists.append(.list(try TemplateList(part)))
    }
    return .iterator(try TemplateIterator(lists))
  }

  /// So many lists, the first ones longer by one item.
  @Sendable private static func slice(
    _ value: TemplateValue, _ arguments: BoundArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    guard let count = try arguments.integer(0), count > 0 else {
      throw ChatTemplateError(.evaluation, "\"slice\" takes how many lists to make")
    }
    try context.budget.spend(count)
    let items = try value.items(&context.budget)
    let (size, longer) = (items.count / count, items.count % count)
    var lists: [TemplateValue] = []
    var start = 0
    for index in 0..<count {
      let end = start + size + (index < longer ? 1 : 0)
      var part = Array(items[start..<end])
      if let fill = arguments[1], index >= longer { if case .none = fill {} else { part.append(fill) } }
      lists.append(.list(try TemplateList(part)))
      start = end
    }
    return .iterator(try TemplateIterator(lists))
  }
}

extension TracedText {
  /// Texts with this one between them.
  func joined(_ parts: [TracedText], _ budget: inout StepBudget) throws(ChatTemplateError) -> TracedText {
    var result = RenderedOutput()
    for (index, part) in parts.enumerated() {
      if index > 0 { try result.append(self) }
      try budget.spend(characters: count)
      try result.append(part.joining(self))
    }
    return TracedText(units: result.text.units, isMarkup: isMarkup)
  }
}
