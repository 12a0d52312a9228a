/// Keys with values, in the order of insertion.
struct TemplateMapping {
  typealias Entry = (key: TemplateValue, value: TemplateValue)

  let entries: [Entry]
  let depth: Int
  private let indexes: [TemplateKey: Int]

  /// - Parameter entries: for equal keys the last value counts, at the position of the first.
  init(_ entries: [Entry]) throws(ChatTemplateError) {
    var (kept, indexes): ([Entry], [TemplateKey: Int]) = ([], [:])
    for entry in entries {
      let key = try TemplateKey(entry.key)
      if let index = indexes[key] {
        kept[index].value = entry.value
      } else {
        indexes[key] = kept.count
        kept.append(entry)
      }
    }
    depth = try TemplateValue.nestedDepth(kept.map(\.value))
    self.entries = kept
    self.indexes = indexes
  }

  init(named entries: [(key: String, value: TemplateValue)]) throws(ChatTemplateError) {
    try self.init(entries.map { (TemplateValue.text($0.key), $0.value) })
  }

  subscript(key: String) -> TemplateValue? { self[TemplateKey(key)] }

  subscript(key: TemplateKey) -> TemplateValue? { indexes[key].map { entries[$0].value } }
}
