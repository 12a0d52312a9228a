/// The methods that a template may call on values: `value.name(arguments)`.
enum MethodLibrary {
  /// Whether a value has a method of this name. Those that change a value are hidden from templates, as in Jinja's
  /// sandbox, and count as not defined.
  static func has(_ name: String, _ value: TemplateValue) -> Bool {
    switch value {
    case .text: TextMethods.methods[name] != nil
    case .mapping: MappingMethods.methods[name] != nil
    case .list: ListMethods.methods[name] != nil
    case .cycler: name == "next" || name == "reset"
    default: false
    }
  }

  static func call(
    _ name: String, of value: TemplateValue, _ arguments: CallArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    switch value {
    case .text(let text):
      try context.budget.spend(characters: text.count)
      if let method = TextMethods.methods[name] { return try method.call(name, text, arguments, &context) }
    case .mapping(let mapping):
      if let method = MappingMethods.methods[name] { return try method.call(name, mapping, arguments, &context) }
    case .list(let list):
      if let method = ListMethods.methods[name] { return try method.call(name, list, arguments, &context) }
    case .loop(let loop): return try call(name, of: loop, arguments, &context)
    case .cycler(let cycler):
      if name == "next" { return cycler.next() }
      cycler.reset()
      return .none
    default: break
    }
    throw ChatTemplateError(.unsupported, "the method \"\(name.prefix(64))\" of \(value.kindName) is not supported")
  }

  private static func call(
    _ name: String, of loop: LoopState, _ arguments: CallArguments, _ context: inout RenderContext
  ) throws(ChatTemplateError) -> TemplateValue {
    if name == "changed" { return .bool(try loop.isChanged(arguments.positional, &context.budget)) }
    guard !arguments.positional.isEmpty else {
      throw ChatTemplateError(.evaluation, "\"loop.cycle\" has no items")
    }
    return arguments.positional[loop.index % arguments.positional.count]
  }
}

/// Methods of lists and tuples.
enum ListMethods {
  static let methods: [String: Builtin<TemplateList>] = [
    "count": Builtin("value") { (list, arguments, context) throws(ChatTemplateError) in
      let value = try arguments.required(0)
      var count = 0
      for item in list.items where try Comparison.areEqual(item, value, &context.budget) { count += 1 }
      return .integer(count)
    },
    "index": Builtin("value") { (list, arguments, context) throws(ChatTemplateError) in
      let value = try arguments.required(0)
      for (index, item) in list.items.enumerated() where try Comparison.areEqual(item, value, &context.budget) {
        return .integer(index)
      }
      throw ChatTemplateError(.evaluation, "a value is not in the list")
    },
    "copy": Builtin { (list, _, _) throws(ChatTemplateError) in .list(list) },
  ]
}

/// Methods of mappings.
enum MappingMethods {
  static let methods: [String: Builtin<TemplateMapping>] = [
    "items": Builtin { (mapping, _, context) throws(ChatTemplateError) in
      .list(try TemplateList(try TemplateValue.mapping(mapping).pairs(&context.budget), .view("dict_items")))
    },
    "keys": Builtin { (mapping, _, context) throws(ChatTemplateError) in
      try context.budget.spend(mapping.entries.count)
      return .list(try TemplateList(mapping.entries.map(\.key), .view("dict_keys")))
    },
    "values": Builtin { (mapping, _, context) throws(ChatTemplateError) in
      try context.budget.spend(mapping.entries.count)
      return .list(try TemplateList(mapping.entries.map(\.value), .view("dict_values")))
    },
    "get": Builtin("key", "default") { (mapping, arguments, _) throws(ChatTemplateError) in
      mapping[try TemplateKey(try arguments.required(0))] ?? arguments[1] ?? TemplateValue.none
    },
    "copy": Builtin { (mapping, _, _) throws(ChatTemplateError) in .mapping(mapping) },
  ]
}
