/// Sorting as Python does it: stable, by `<` of keys.
enum Ordering {
  /// Merge sort, since comparing spends steps and can fail.
  static func sorted<Element>(
    _ elements: [Element], by key: (Element) -> TemplateValue, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> [Element] {
    var keyed = elements.map { (key: key($0), element: $0) }
    var width = 1
    while width < keyed.count {
      var merged: [(key: TemplateValue, element: Element)] = []
      merged.reserveCapacity(keyed.count)
      for start in stride(from: 0, to: keyed.count, by: 2 * width) {
        let middle = min(start + width, keyed.count)
        let end = min(start + 2 * width, keyed.count)
        var (left, right) = (start, middle)
        while left < middle || right < end {
          try budget.spend()
          let takesRight: Bool
          if left < middle, right < end {
            takesRight = try Comparison.precedes(keyed[right].key, keyed[left].key, &budget)
          } else {
            takesRight = left == middle
          }
          merged.append(keyed[takesRight ? right : left])
          if takesRight { right += 1 } else { left += 1 }
        }
      }
      keyed = merged
      width *= 2
    }
    return keyed.map(\.element)
  }

  /// The key by which filters compare a value: texts without case, unless case counts.
  static func key(
    _ value: TemplateValue, isCaseSensitive: Bool, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    guard !isCaseSensitive, case .text(let text) = value else { return value }
    try budget.spend(characters: text.count)
    return .text(text.lowercased)
  }
}
