/// The functions that a template may call: `name(arguments)`.
enum FunctionLibrary {
  typealias Function = Builtin<Void>

  static let functions: [String: Function] = [
    "range": Function("start", "stop", "step", body: range),
    "namespace": Function("*") { (_, arguments, context) throws(ChatTemplateError) in
      let namespace = TemplateNamespace()
      for entry in try entries(arguments.rest, &context.budget) {
        try namespace.set(try entry.key.printed(&context.budget).string, entry.value)
      }
      return .namespace(namespace)
    },
    "dict": Function("*") { (_, arguments, context) throws(ChatTemplateError) in
      .mapping(try TemplateMapping(try entries(arguments.rest, &context.budget)))
    },
    "cycler": Function("*") { (_, arguments, _) throws(ChatTemplateError) in
      _ = try TemplateValue.nestedDepth(arguments.rest.positional)
      guard !arguments.rest.positional.isEmpty else { throw ChatTemplateError(.evaluation, "a cycler has no items") }
      return .cycler(Cycler(arguments.rest.positional))
    },
    "joiner": Function("sep") { (_, arguments, _) throws(ChatTemplateError) in
      .joiner(Joiner(try arguments.optionalText(0) ?? TracedText(", ", isFromTemplate: true)))
    },
    "lipsum": Function("*") { (_, _, _) throws(ChatTemplateError) in
      throw ChatTemplateError(
        .unsupported, "the function \"lipsum\" is not supported: a prompt must not depend on chance")
    },
    "raise_exception": Function("message") { (_, arguments, context) throws(ChatTemplateError) in
      let reason = try arguments.required(0).printed(&context.budget).string
      throw ChatTemplateError(
        .refusedByTemplate, "the chat template rejects these messages: \(reason.prefix(1000))")
    },
    "strftime_now": Function("format") { (_, arguments, context) throws(ChatTemplateError) in
      let format = try arguments.text(0)
      guard format.count <= 256 else { throw ChatTemplateError(.limit, "a date format exceeds 256 characters") }
      try context.budget.spend(characters: format.count)
      return .text(try context.date.formatted(format.string))
    },
  ]

  static func call(
    _ name: String, _ arguments: CallArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    guard let function = functions[name] else {
      throw ChatTemplateError(.unsupported, "the function \"\(name.prefix(64))\" is not supported")
    }
    return try function.call(name, (), arguments, &context)
  }

  @Sendable private static func range(
    _: Void, _ arguments: BoundArguments, _: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    guard let first = try arguments.integer(0) else {
      throw ChatTemplateError(.evaluation, "a range requires one to three numbers")
    }
    let step = try arguments.integer(2) ?? 1
    guard step != 0 else { throw ChatTemplateError(.evaluation, "a range has a step of zero") }
    let end = try arguments.integer(1)
    return .range(try TemplateRange(start: end == nil ? 0 : first, end: end ?? first, step: step))
  }

  /// Keys and values of `dict` and `namespace`: of a mapping or pairs, and those that are named.
  private static func entries(
    _ arguments: CallArguments, _ budget: inout StepBudget
  ) throws(ChatTemplateError) -> [TemplateMapping.Entry] {
    guard arguments.positional.count <= 1 else {
      throw ChatTemplateError(.evaluation, "a mapping is made of one other at most")
    }
    var entries: [TemplateMapping.Entry] = []
    switch arguments.positional.first {
    case .mapping(let mapping)?: entries = mapping.entries
    case let pairs?:
      for pair in try pairs.items(&budget) {
        let parts = try pair.items(&budget)
        guard parts.count == 2 else { throw ChatTemplateError(.evaluation, "a mapping is made of pairs") }
        entries.append((parts[0], parts[1]))
      }
    case nil: break
    }
    try budget.spend(entries.count)
    return entries + arguments.named.map { (TemplateValue.text($0.key), $0.value) }
  }
}
