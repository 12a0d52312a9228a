/// Values that change while a template is rendered. None can come to contain itself.

/// A namespace: the only value whose attributes a template can set.
final class TemplateNamespace {
  private(set) var names: [String] = []
  private(set) var values: [String: TemplateValue] = [:]

  /// - Throws: for a value that could contain the namespace, and for names with a leading underscore, which
  ///   transformers keeps from templates.
  func set(_ name: String, _ value: TemplateValue) throws(ChatTemplateError) {
    guard !name.hasPrefix("_") else {
      throw ChatTemplateError(.evaluation, "the name \"\(name.prefix(64))\" of a namespace begins with an underscore")
    }
    _ = try TemplateValue.nestedDepth([value])
    if values.updateValue(value, forKey: name) == nil { names.append(name) }
  }
}

/// Items that can be visited once, as Python's generators: what `map`, `select` and others give.
final class TemplateIterator {
  private var items: ArraySlice<TemplateValue>
  let depth: Int

  init(_ items: [TemplateValue]) throws(ChatTemplateError) {
    self.items = items[...]
    depth = try TemplateValue.nestedDepth(items)
  }

  func next() -> TemplateValue? { items.popFirst() }

  /// All items that were not visited.
  func takeAll() -> [TemplateValue] {
    defer { items = [] }
    return Array(items)
  }
}

/// `cycler(…)`: gives its items in turn.
final class Cycler {
  let items: [TemplateValue]
  private var at = 0

  /// - Parameter items: not empty.
  init(_ items: [TemplateValue]) { self.items = items }

  var current: TemplateValue { items[at] }

  func next() -> TemplateValue {
    defer { at = (at + 1) % items.count }
    return items[at]
  }

  func reset() { at = 0 }
}

/// `joiner(…)`: empty when first called, then its separator.
final class Joiner {
  private let separator: TracedText
  private var isUsed = false

  init(_ separator: TracedText) { self.separator = separator }

  func next() -> TracedText {
    defer { isUsed = true }
    return isUsed ? separator : TracedText()
  }
}
