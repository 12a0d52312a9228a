/// The variable `loop` of a loop's body.
final class LoopState {
  let items: [TemplateValue]
  /// Loops of the same recursion around this one.
  let depth: Int
  var index = 0
  /// For a recursive loop: its statement, and the scope around it.
  let recursion: (loop: Statement.Loop, scope: Int)?
  private var lastChanged: [TemplateValue]?

  init(items: [TemplateValue], depth: Int, recursion: (loop: Statement.Loop, scope: Int)?) {
    self.items = items
    self.depth = depth
    self.recursion = recursion
  }

  static let methods: Set<String> = ["cycle", "changed"]

  subscript(name: String) -> TemplateValue {
    switch name {
    case "index": .integer(index + 1)
    case "index0": .integer(index)
    case "revindex": .integer(items.count - index)
    case "revindex0": .integer(items.count - index - 1)
    case "first": .bool(index == 0)
    case "last": .bool(index == items.count - 1)
    case "length": .integer(items.count)
    case "depth": .integer(depth + 1)
    case "depth0": .integer(depth)
    case "previtem": index > 0 ? items[index - 1] : .undefined("loop.previtem")
    case "nextitem": index + 1 < items.count ? items[index + 1] : .undefined("loop.nextitem")
    default: .undefined("loop." + name)
    }
  }

  /// Whether the values differ from those of the last call.
  func isChanged(_ values: [TemplateValue], _ budget: inout StepBudget) throws(ChatTemplateError) -> Bool {
    defer { lastChanged = values }
    guard let last = lastChanged, last.count == values.count else { return true }
    for (old, new) in zip(last, values) where !(try Comparison.areEqual(old, new, &budget)) { return true }
    return false
  }
}
