/// A value while a template is rendered. Nothing in it reaches outside the interpreter.
enum TemplateValue {
  /// What a missing name or field gives; carries what was asked for.
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
    case .namespace, .loop: true
    }
  }

  /// Levels of lists and mappings.
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
    case .bool: "a truth value"
    case .integer, .float: "a number"
    case .text: "a text"
    case .list: "a list"
    case .mapping: "a mapping"
    case .namespace: "a namespace"
    case .loop: "the loop variable"
    }
  }
}

/// A list and how deep it is. Depth is limited, so that walking and releasing it cannot exhaust the stack.
struct TemplateList {
  let items: [TemplateValue]
  let depth: Int

  init(_ items: [TemplateValue]) throws(ChatTemplateError) {
    self.items = items
    depth = try nestedDepth(items)
  }
}

/// Keys and values in the order of insertion.
struct TemplateMapping {
  let entries: [(key: String, value: TemplateValue)]
  let depth: Int
  private let indexes: [String: Int]

  /// - Parameter entries: of equal keys the last value counts, at the place of the first.
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

/// The only value that can be changed in place. It is kept out of lists and mappings, so nothing can contain
/// itself.
final class TemplateNamespace {
  var values: [String: TemplateValue] = [:]
}

/// What `loop` knows.
struct LoopState {
  let items: [TemplateValue]
  let index: Int

  subscript(name: String) -> TemplateValue {
    switch name {
    case "index": .integer(index + 1)
    case "index0": .integer(index)
    case "revindex": .integer(items.count - index)
    case "revindex0": .integer(items.count - index - 1)
    case "first": .bool(index == 0)
    case "last": .bool(index == items.count - 1)
    case "length": .integer(items.count)
    case "previtem": index > 0 ? items[index - 1] : .undefined("loop.previtem")
    case "nextitem": index + 1 < items.count ? items[index + 1] : .undefined("loop.nextitem")
    default: .undefined("loop." + name)
    }
  }
}

private func nestedDepth(_ values: [TemplateValue]) throws(ChatTemplateError) -> Int {
  var deepest = 0
  for value in values {
    deepest = max(deepest, value.depth)
    switch value {
    case .namespace, .loop:
      throw ChatTemplateError(
        .unsupported, "\(value.kindName) cannot be put into a list, a mapping or a namespace")
    default: break
    }
  }
  guard deepest < ChatTemplateLimits.depth else {
    throw ChatTemplateError(
      .limit, "lists and mappings are nested more than \(ChatTemplateLimits.depth) deep")
  }
  return deepest + 1
}

extension TemplateValue {
  /// A value from outside; its texts count as the user's.
  init(_ value: ChatValue, depth: Int = 0) throws(ChatTemplateError) {
    guard depth <= ChatTemplateLimits.depth else {
      throw ChatTemplateError(.limit, "a message is nested more than \(ChatTemplateLimits.depth) deep")
    }
    switch value {
    case .none: self = .none
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .float(value)
    case .string(let value): self = .text(value)
    case .list(let values):
      var items: [TemplateValue] = []
      for value in values { items.append(try TemplateValue(value, depth: depth + 1)) }
      self = .list(try TemplateList(items))
    case .mapping(let values):
      var entries: [(key: String, value: TemplateValue)] = []
      for (key, value) in values.sorted(by: { $0.key < $1.key }) {
        entries.append((key, try TemplateValue(value, depth: depth + 1)))
      }
      self = .mapping(try TemplateMapping(entries))
    }
  }
}
