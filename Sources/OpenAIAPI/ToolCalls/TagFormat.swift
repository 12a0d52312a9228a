import JSON

/// What a text must match, part by part, as it is written in a structural tag.
indirect enum TagFormat: Hashable, Sendable {
  case text(String)
  /// What may be a control token: this token, or its spelling.
  case mark(String)
  case schema(JSONValue)
  case regex(String)
  case grammar(String)
  /// Any text in which none of these occurs.
  case anyText(excluding: [String])
  case sequence([TagFormat])
  case choice([TagFormat])
  /// Any text, in which a tag takes over wherever a trigger begins.
  case triggered(by: [String], tags: [TagFormat])
  /// A format of the client's.
  case given(JSONValue)
  /// Tags with a separator between them, one at least.
  case separated(by: TagFormat, tags: [TagFormat])

  var json: JSONValue {
    switch self {
    case .text(let text): ["type": "const_string", "value": .string(text)]
    case .mark(let mark):
      ["type": "or", "elements": [["type": "token", "token": .string(mark)], TagFormat.text(mark).json]]
    case .schema(let schema): ["type": "json_schema", "json_schema": schema]
    case .regex(let pattern): ["type": "regex", "pattern": .string(pattern)]
    case .grammar(let source): ["type": "grammar", "grammar": .string(source)]
    case .anyText(let phrases): ["type": "any_text", "excludes": .array(phrases.map { .string($0) })]
    case .given(let format): format
    case .sequence(let parts): ["type": "sequence", "elements": .array(parts.map(\.json))]
    case .choice(let parts): ["type": "or", "elements": .array(parts.map(\.json))]
    case .triggered(let triggers, let tags):
      [
        "type": "triggered_tags", "triggers": .array(triggers.map { .string($0) }), "tags": .array(tags.map(\.json)),
      ]
    case .separated(let separator, let tags):
      [
        "type": "tags_with_separator", "separator": separator.json, "tags": .array(tags.map(\.json)),
        "at_least_one": true,
      ]
    }
  }

  static let empty = TagFormat.text("")

  static func optional(_ part: TagFormat) -> TagFormat { .choice([.empty, part]) }
}

extension TagFormat {
  /// A text whose parts in brackets may be control tokens of some model: `<…>`, `</…>` and `[CAPITALS]`.
  static func spelled(_ text: String) -> TagFormat {
    var parts: [TagFormat] = []
    var rest = text[...]
    while let mark = rest.firstMatch(of: /<[^<>\s=]+>|\[\/?[A-Z_]+\]/) {
      if mark.range.lowerBound > rest.startIndex { parts.append(.text(String(rest[..<mark.range.lowerBound]))) }
      parts.append(.mark(String(mark.output)))
      rest = rest[mark.range.upperBound...]
    }
    if !rest.isEmpty || parts.isEmpty { parts.append(.text(String(rest))) }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }
}
