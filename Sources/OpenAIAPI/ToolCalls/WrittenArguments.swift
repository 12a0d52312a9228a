import JSON

/// Arguments that are written one by one between marks, texts without quotes.
struct WrittenArguments {
  /// What comes before a value, by the argument's name.
  let opening: (String) -> String
  let closing: String

  /// - Parameter schema: of the arguments, an object.
  func format(_ schema: JSONValue) -> TagFormat {
    guard let properties = schema["properties"]?.object else { return .empty }
    let required = Set((schema["required"]?.array ?? []).compactMap(\.string))
    return .sequence(
      [.empty]
        + properties.members.map { member in
          let part = TagFormat.sequence([
            .spelled(opening(member.key)), value(member.value, in: schema), .spelled(closing),
          ])
          return required.contains(member.key) ? part : .optional(part)
        })
  }

  private func value(_ schema: JSONValue, in whole: JSONValue) -> TagFormat {
    if let texts = schema["enum"]?.array ?? schema["const"].map({ [$0] }), !texts.isEmpty,
      texts.allSatisfy({ $0.string != nil })
    {
      return .choice(texts.map { .text($0.string ?? "") })
    }
    guard !ParameterValues.types(schema).contains("string"), var own = schema.object, !own.isEmpty else {
      return .anyText(excluding: [closing])
    }
    for name in ["$defs", "definitions"] { own[name] = own[name] ?? whole[name] }
    return .schema(.object(own))
  }
}
