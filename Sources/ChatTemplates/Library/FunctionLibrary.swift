/// The functions that a template may call: `name(arguments)`.
enum FunctionLibrary {
  typealias Function =
    @Sendable (CallArguments, TemplateDate, inout StepBudget) throws(ChatTemplateError) -> TemplateValue

  static let functions: [String: Function] = [
    "range": range,
    "namespace": namespace,
    "dict": mapping,
    "raise_exception": refusal,
    "strftime_now": formattedDate,
  ]

  static func call(
    _ name: String, _ arguments: CallArguments, _ date: TemplateDate, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    guard let function = functions[name] else {
      throw ChatTemplateError(.unsupported, "the function \"\(name.prefix(64))\" is not supported")
    }
    return try function(arguments, date, &budget)
  }

  @Sendable private static func range(
    _ arguments: CallArguments, _: TemplateDate, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    var numbers: [Int] = []
    for value in arguments.positional {
      guard case .integer(let number) = value else {
        throw ChatTemplateError(.evaluation, "a range is bounded by \(value.kindName)")
      }
      numbers.append(number)
    }
    guard (1...3).contains(numbers.count), numbers.count < 3 || (numbers[2] != 0 && numbers[2] != .min) else {
      throw ChatTemplateError(.evaluation, "a range requires one to three numbers and a step other than zero")
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

  @Sendable private static func namespace(
    _ arguments: CallArguments, _: TemplateDate, _: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    let namespace = TemplateNamespace()
    for entry in try TemplateMapping(arguments.named).entries { namespace.values[entry.key] = entry.value }
    return .namespace(namespace)
  }

  @Sendable private static func mapping(
    _ arguments: CallArguments, _: TemplateDate, _: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    .mapping(try TemplateMapping(arguments.named))
  }

  @Sendable private static func refusal(
    _ arguments: CallArguments, _: TemplateDate, _: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    let reason = arguments.text(0, "message")?.string ?? "no reason given"
    throw ChatTemplateError(
      .refusedByTemplate, "the chat template rejects these messages: \(reason.prefix(1000))")
  }

  @Sendable private static func formattedDate(
    _ arguments: CallArguments, _ date: TemplateDate, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> TemplateValue {
    guard let format = arguments.text(0, "format") else {
      throw ChatTemplateError(.evaluation, "\"strftime_now\" requires a format")
    }
    guard format.count <= 256 else { throw ChatTemplateError(.limit, "a date format exceeds 256 characters") }
    try budget.spend(characters: format.count)
    return .text(try date.formatted(format.string))
  }
}
