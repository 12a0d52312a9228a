/// A value while a template is rendered. No value reaches outside the interpreter.
enum TemplateValue {
  /// The value of a missing name or field; carries the name.
  case undefined(String)
  case none
  case bool(Bool)
  case integer(Int)
  /// A whole number beyond 64 bits, which a template can only print.
  case digits(String)
  case float(Double)
  case text(TracedText)
  case list(TemplateList)
  case range(TemplateRange)
  case mapping(TemplateMapping)
  case iterator(TemplateIterator)
  case namespace(TemplateNamespace)
  case cycler(Cycler)
  case joiner(Joiner)
  case loop(LoopState)
  /// A function of `FunctionLibrary` under its name.
  case function(String)
  indirect case method(String, of: TemplateValue)
  case macro(MacroClosure)
  /// A block of the template, or all of them (`self`).
  case block(String?)

  static func text(_ string: String, isFromTemplate: Bool = false) -> TemplateValue {
    .text(TracedText(string, isFromTemplate: isFromTemplate))
  }

  static func tuple(_ items: [TemplateValue]) throws(ChatTemplateError) -> TemplateValue {
    .list(try TemplateList(items, .tuple))
  }

  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .float(let value): value != 0
    case .text(let text): !text.isEmpty
    case .list(let list): !list.items.isEmpty
    case .range(let range): range.count > 0
    case .mapping(let mapping): !mapping.entries.isEmpty
    default: true
    }
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }

  /// Levels of nested lists and mappings.
  private var depth: Int {
    switch self {
    case .list(let list): list.depth
    case .mapping(let mapping): mapping.depth
    case .iterator(let iterator): iterator.depth
    case .method(_, let receiver): receiver.depth
    default: 0
    }
  }

  /// The depth of a list or mapping of these values.
  static func nestedDepth(_ values: [TemplateValue]) throws(ChatTemplateError) -> Int {
    var deepest = 0
    for value in values {
      deepest = max(deepest, value.depth)
      switch value {
      case .namespace, .loop, .method(_, of: .namespace), .method(_, of: .loop):
        // Else a namespace could come to contain itself.
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

  var kindName: String {
    switch self {
    case .undefined(let name): "\"\(name.prefix(64))\", which is not defined"
    case .none: "none"
    case .bool: "a boolean"
    case .integer, .float: "a number"
    case .digits: "a number beyond 64 bits"
    case .text: "a string"
    case .list(let list): list.kind == .list ? "a list" : "a tuple"
    case .range: "a range"
    case .mapping: "a mapping"
    case .iterator: "a generator"
    case .namespace: "a namespace"
    case .cycler: "a cycler"
    case .joiner: "a joiner"
    case .loop: "the loop variable"
    case .function(let name): "the function \"\(name)\""
    case .method(let name, _): "the method \"\(name.prefix(64))\""
    case .macro(let closure): "the macro \"\(closure.macro.name.prefix(64))\""
    case .block: "a block"
    }
  }

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

/// A macro with where it was defined: its scope, and whether outputs there escape HTML.
struct MacroClosure {
  let macro: Statement.Macro
  let scope: Int
  let autoescapes: Bool
}

/// A rendering stays on one thread: its namespaces are shared and mutable.
@available(*, unavailable)
extension TemplateValue: Sendable {}
