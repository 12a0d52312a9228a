/// A value while a template is rendered. No value reaches outside the interpreter.
enum TemplateValue {
  /// The value of a missing name or field; carries the name.
  case undefined(String)
  case none
  case bool(Bool)
  case integer(Int)
  case float(Double)
  case text(TracedText)
  case list(TemplateList)
  case mapping(TemplateMapping)
  case namespace(TemplateNamespace)
  case loop(LoopState)
  /// A function of `FunctionLibrary` under its name.
  case function(String)

  static func text(_ string: String, isFromTemplate: Bool = false) -> TemplateValue {
    .text(TracedText(string, isFromTemplate: isFromTemplate))
  }

  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .float(let value): value != 0
    case .text(let text): !text.isEmpty
    case .list(let list): !list.items.isEmpty
    case .mapping(let mapping): !mapping.entries.isEmpty
    case .namespace, .loop, .function: true
    }
  }

  /// Levels of nested lists and mappings.
  var depth: Int {
    switch self {
    case .list(let list): list.depth
    case .mapping(let mapping): mapping.depth
    default: 0
    }
  }

  var kindName: String {
    switch self {
    case .undefined(let name): "\"\(name.prefix(64))\", which is not defined"
    case .none: "none"
    case .bool: "a boolean"
    case .integer, .float: "a number"
    case .text: "a string"
    case .list: "a list"
    case .mapping: "a mapping"
    case .namespace: "a namespace"
    case .loop: "the loop variable"
    case .function(let name): "the function \"\(name)\""
    }
  }
}

/// A list and its depth. The depth is limited, so that walking and releasing the list cannot exhaust the stack.
struct TemplateList {
  let items: [TemplateValue]
  let depth: Int

  init(_ items: [TemplateValue]) throws(ChatTemplateError) {
    self.items = items
    depth = try nestedDepth(items)
  }
}

/// Keys with values, in the order of insertion.
struct TemplateMapping {
  let entries: [(key: String, value: TemplateValue)]
  let depth: Int
  private let indexes: [String: Int]

  /// - Parameter entries: for equal keys the last value counts, at the position of the first.
  init(_ entries: [(key: String, value: TemplateValue)]) throws(ChatTemplateError) {
    var (kept, indexes): ([(key: String, value: TemplateValue)], [String: Int]) = ([], [:])
    for entry in entries {
      if let index = indexes[entry.key] {
        kept[index].value = entry.value
      } else {
        indexes[entry.key] = kept.count
        kept.append(entry)
      }
    }
    depth = try nestedDepth(kept.map(\.value))
    self.entries = kept
    self.indexes = indexes
  }

  subscript(key: String) -> TemplateValue? { indexes[key].map { entries[$0].value } }
}

/// The only value that can change in place. Lists and mappings refuse it, so no value can contain itself.
final class TemplateNamespace {
  var values: [String: TemplateValue] = [:]
}

private func nestedDepth(_ values: [TemplateValue]) throws(ChatTemplateError) -> Int {
  var deepest = 0
  for value in values {
    deepest = max(deepest, value.depth)
    switch value {
    case .namespace, .loop, .function:
      throw ChatTemplateError(
        .unsupported, "\(value.kindName) cannot be stored in a list, a mapping or a namespace")
    default: break
    }
  }
  guard deepest < ChatTemplateLimits.depth else {
    throw ChatTemplateError(.limit, "lists and mappings are nested more than \(ChatTemplateLimits.depth) deep")
  }
  return deepest + 1
}

extension TemplateValue {
  init(_ literal: Literal) {
    switch literal {
    case .none: self = .none
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .integer(value)
    case .float(let value): self = .float(value)
    case .text(let text): self = .text(text)
    }
  }
}

/// A rendering stays on one thread: its namespaces are shared and mutable.
@available(*, unavailable)
extension TemplateValue: Sendable {}
