/// How the arguments of a call reach a macro.
extension Statement.Macro {
  /// The variables that a call gives the macro's body; parameters without an argument are absent.
  func variables(for arguments: CallArguments) throws(ChatTemplateError) -> [String: TemplateValue] {
    var variables: [String: TemplateValue] = [:]
    let positional = arguments.positional
    for (parameter, value) in zip(parameters, positional) { variables[parameter.name] = value }
    var extra: [(key: String, value: TemplateValue)] = []
    for (key, value) in arguments.named {
      if key == "caller", takesCaller {
        variables[key] = value
      } else if variables[key] == nil, parameters.contains(where: { $0.name == key }) {
        variables[key] = value
      } else {
        extra.append((key, value))
      }
    }
    guard takesKwargs || extra.isEmpty, takesVarargs || positional.count <= parameters.count else {
      let argument = extra.first.map { " \"\($0.key.prefix(64))\"" } ?? ""
      throw ChatTemplateError(
        .evaluation, "the macro \"\(name.prefix(64))\" does not take the argument\(argument)")
    }
    if takesVarargs { variables["varargs"] = try .tuple(Array(positional.dropFirst(parameters.count))) }
    if takesKwargs { variables["kwargs"] = .mapping(try TemplateMapping(named: extra)) }
    // Without a caller the macro sees none, also where one is around its definition.
    if takesCaller, variables["caller"] == nil, !parameters.contains(where: { $0.name == "caller" }) {
      variables["caller"] = .undefined("caller")
    }
    return variables
  }
}
