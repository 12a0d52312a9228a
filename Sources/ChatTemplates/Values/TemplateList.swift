/// A list and its depth. The depth is limited, so that walking and releasing the list cannot exhaust the stack.
struct TemplateList {
  /// Lists of different kinds print differently and are never equal.
  enum Kind: Hashable {
    case list
    case tuple
    /// A pair of `groupby`, with the attributes `grouper` and `list`.
    case group
    /// What a mapping's method gives, such as `dict_items`: has no indices.
    case view(String)
  }

  let items: [TemplateValue]
  let kind: Kind
  let depth: Int

  init(_ items: [TemplateValue], _ kind: Kind = .list) throws(ChatTemplateError) {
    self.items = items
    self.kind = kind
    depth = try TemplateValue.nestedDepth(items)
  }

  var hasIndices: Bool { if case .view = kind { false } else { true } }
}

/// The numbers that `range` gives. Never more than `ChatTemplateLimits.rangeCount`.
struct TemplateRange: Hashable {
  let start: Int
  let end: Int
  let step: Int
  let count: Int

  /// - Parameter step: other than zero.
  init(start: Int, end: Int, step: Int) throws(ChatTemplateError) {
    (self.start, self.end, self.step) = (start, end, step)
    let isEmpty = step > 0 ? end <= start : end >= start
    let distance = UInt(bitPattern: step > 0 ? end &- start : start &- end)
    let count = isEmpty ? 0 : (distance - 1) / step.magnitude + 1
    guard count <= UInt(ChatTemplateLimits.rangeCount) else {
      throw ChatTemplateError(.limit, "a range has more than \(ChatTemplateLimits.rangeCount) numbers")
    }
    self.count = Int(count)
  }

  /// - Parameter index: below `count`.
  subscript(index: Int) -> Int { start &+ index &* step }

  var values: [TemplateValue] { (0..<count).map { .integer(self[$0]) } }
}
