extension TemplateRenderer {
  /// The date that `strftime_now` gives, whatever the format: prompts must not depend on when they are made.
  static let fixedDate = "26 Jul 2024"

  mutating func callFunction(_ name: String, _ arguments: CallArguments) throws(ChatTemplateError)
    -> TemplateValue
  {
    switch name {
    case "range": return try range(arguments)
    case "namespace":
      let namespace = TemplateNamespace()
      let values = try TemplateMapping(arguments.named)
      for entry in values.entries { namespace.values[entry.key] = entry.value }
      return .namespace(namespace)
    case "dict":
      return .mapping(try TemplateMapping(arguments.named))
    case "raise_exception":
      let text = arguments.text(0, "message")?.string ?? "no reason given"
      throw ChatTemplateError(
        .refusedByTemplate, "the chat template refuses these messages: \(text.prefix(1000))")
    case "strftime_now": return .text(Self.fixedDate)
    default:
      throw ChatTemplateError(.unsupported, "the function \"\(name.prefix(64))\" is not supported")
    }
  }

  private mutating func range(_ arguments: CallArguments) throws(ChatTemplateError) -> TemplateValue {
    var numbers: [Int] = []
    for value in arguments.positional {
      guard case .integer(let number) = value else {
        throw ChatTemplateError(.evaluation, "a range is bounded by \(value.kindName)")
      }
      numbers.append(number)
    }
    guard (1...3).contains(numbers.count), numbers.count < 3 || (numbers[2] != 0 && numbers[2] != .min) else {
      throw ChatTemplateError(.evaluation, "a range needs one to three numbers, and a step other than zero")
    }
    let (start, end) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
    let step = numbers.count == 3 ? numbers[2] : 1
    var items: [TemplateValue] = []
    var at = start
    while step > 0 ? at < end : at > end {
      try budget.spend()
      items.append(.integer(at))
      let (next, overflow) = at.addingReportingOverflow(step)
      if overflow { break }
      at = next
    }
    return .list(try TemplateList(items))
  }

  /// What a loop goes through: elements, characters, or keys.
  mutating func items(of value: TemplateValue) throws(ChatTemplateError) -> [TemplateValue] {
    switch value {
    case .list(let list):
      try budget.spend(list.items.count)
      return list.items
    case .text(let text):
      try budget.spend(text.count)
      return text.units.map { .text(TracedText(units: [$0])) }
    case .mapping(let mapping):
      try budget.spend(mapping.entries.count)
      return mapping.entries.map { .text($0.key) }
    case .undefined: return []
    default: throw ChatTemplateError(.evaluation, "\(value.kindName) has no elements")
    }
  }

  /// Keys with their values, as lists of two.
  mutating func pairs(of value: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    guard case .mapping(let mapping) = value else {
      if case .undefined = value { return .list(try TemplateList([])) }
      throw ChatTemplateError(.evaluation, "\(value.kindName) has no keys")
    }
    try budget.spend(mapping.entries.count)
    var pairs: [TemplateValue] = []
    for entry in mapping.entries { pairs.append(.list(try TemplateList([.text(entry.key), entry.value]))) }
    return .list(try TemplateList(pairs))
  }
}
