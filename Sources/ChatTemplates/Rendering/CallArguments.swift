/// Arguments of a call, as the template passes them.
struct CallArguments {
  var positional: [TemplateValue] = []
  /// In the order of the source.
  var named: [(key: String, value: TemplateValue)] = []

  /// Adds the entries of a mapping as named arguments.
  mutating func append(entriesOf value: TemplateValue) throws(ChatTemplateError) {
    guard case .mapping(let mapping) = value else {
      throw ChatTemplateError(.evaluation, "\(value.kindName) has no names for arguments")
    }
    for entry in mapping.entries {
      guard case .text(let name) = entry.key else {
        throw ChatTemplateError(.evaluation, "\(entry.key.kindName) is no name of an argument")
      }
      named.append((name.string, entry.value))
    }
  }

  /// The positional arguments from an index on, and all named ones.
  func dropping(first count: Int) -> CallArguments {
    CallArguments(positional: Array(positional.dropFirst(count)), named: named)
  }
}

/// Arguments by the parameters of what is called.
struct BoundArguments {
  private let callee: String
  private let parameters: [String]
  private let values: [TemplateValue?]
  /// What was passed beyond the parameters, to what takes any.
  let rest: CallArguments

  /// - Parameters:
  ///   - parameters: names in order; a last `*` takes any further arguments.
  ///   - callee: its name, for errors.
  init(_ arguments: CallArguments, _ parameters: [String], callee: String) throws(ChatTemplateError) {
    let takesAny = parameters.last == "*"
    let names = takesAny ? Array(parameters.dropLast()) : parameters
    var values: [TemplateValue?] = Array(repeating: nil, count: names.count)
    for (index, value) in arguments.positional.prefix(names.count).enumerated() { values[index] = value }
    var rest = CallArguments(positional: Array(arguments.positional.dropFirst(names.count)))
    for (key, value) in arguments.named {
      if let index = names.firstIndex(of: key), values[index] == nil {
        values[index] = value
      } else {
        rest.named.append((key, value))
      }
    }
    guard takesAny || rest.positional.isEmpty else {
      throw ChatTemplateError(.evaluation, "\"\(callee.prefix(64))\" takes at most \(names.count) arguments")
    }
    if !takesAny, let extra = rest.named.first {
      throw ChatTemplateError(
        .evaluation, "\"\(callee.prefix(64))\" does not take the argument \"\(extra.key.prefix(64))\"")
    }
    self.callee = callee
    self.parameters = names
    self.values = values
    self.rest = rest
  }

  /// The argument of a parameter; nil where it was not passed.
  subscript(index: Int) -> TemplateValue? { values[index] }

  func required(_ index: Int) throws(ChatTemplateError) -> TemplateValue {
    guard let value = values[index] else { throw error("requires", index, "") }
    return value
  }

  func text(_ index: Int) throws(ChatTemplateError) -> TracedText {
    guard case .text(let text) = try required(index) else { throw error("takes", index, " as a string") }
    return text
  }

  /// Nil where the argument was not passed or is none.
  func optionalText(_ index: Int) throws(ChatTemplateError) -> TracedText? {
    switch values[index] {
    case nil, .none?: nil
    default: try text(index)
    }
  }

  /// Nil where the argument was not passed or is none.
  func integer(_ index: Int) throws(ChatTemplateError) -> Int? {
    switch values[index] {
    case nil, .none?: return nil
    case let value?:
      guard case .integer(let number)? = Arithmetic.Number(value) else { throw error("takes", index, " as an integer") }
      return number
    }
  }

  func isTrue(_ index: Int, default standard: Bool = false) -> Bool { values[index]?.isTrue ?? standard }

  private func error(_ verb: String, _ index: Int, _ kind: String) -> ChatTemplateError {
    ChatTemplateError(.evaluation, "\"\(callee.prefix(64))\" \(verb) \"\(parameters[index])\"\(kind)")
  }
}
