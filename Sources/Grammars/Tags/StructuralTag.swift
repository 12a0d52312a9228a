import JSON

/// Compiles a structural tag to a grammar: XGrammar's notation of texts whose parts are in different languages, as the
/// calls of a tool are, whose arguments lie between a model's marks.
///
/// Formats: `const_string`, `token`, `any_text`, `json_schema`, `regex`, `grammar`, `sequence`, `or`, `tag`,
/// `triggered_tags`, `tags_with_separator`. A text may be anything in `any_text` but what it excludes, and what ends
/// the tags around it.
struct StructuralTag {
  private var grammar = Grammar()

  /// - Throws: `GrammarError` that names the place in the tag.
  static func grammar(_ source: String) throws(GrammarError) -> Grammar {
    let value: JSONValue
    do { value = try JSONParser.parse(source) } catch { throw GrammarError("no JSON: \(error)") }
    var compiler = StructuralTag()
    compiler.grammar.rules = [Grammar.Rule(name: "#", body: .empty)]
    let format = value["format"].map { ($0, "#/format") } ?? (value, "#")
    compiler.grammar.rules[0].body = try compiler.expression(TagPlace(format.0, at: format.1))
    return compiler.grammar
  }

  private mutating func expression(_ place: TagPlace) throws(GrammarError) -> Expression {
    guard place.depth < GrammarLimits.nesting else { throw place.error("is nested too deep") }
    switch try place.text("type") {
    case "const_string": return .text(try place.text("value"))
    case "token": return .literal(ControlSpelling.bytes(of: try place.text("token")))
    case "any_text": return try anyText(place, excluding: try place.texts("excludes") ?? [])
    case "json_schema": return try embedded(.jsonSchema, place, "json_schema")
    case "regex": return try embedded(.regex, place, "pattern")
    case "grammar": return try embedded(.gbnf, place, "grammar")
    case "sequence": return .sequence(try expressions(place, "elements"))
    case "or": return .choice(try expressions(place, "elements"))
    case "tag": return try tag(place)
    case "triggered_tags": return try triggeredTags(place)
    case "tags_with_separator": return try separatedTags(place)
    case let type: throw place.error("has the type \(type.prefix(40)), which is no format")
    }
  }

  private mutating func expressions(_ place: TagPlace, _ name: String) throws(GrammarError) -> [Expression] {
    var parts: [Expression] = []
    for child in try place.children(name) { parts.append(try expression(child)) }
    guard !parts.isEmpty else { throw place.error("has no \(name)") }
    return parts
  }

  private func anyText(_ place: TagPlace, excluding phrases: [String]) throws(GrammarError) -> Expression {
    do {
      return .graph(try FreeText.graph(excluding: phrases + place.endings))
    } catch {
      throw place.error("\(error)")
    }
  }

  /// The grammar of another language, as one rule more.
  private mutating func embedded(
    _ kind: EmbeddedLanguage, _ place: TagPlace, _ name: String
  ) throws(GrammarError) -> Expression {
    guard let value = place.value[name] else { throw place.error("has no \(name)") }
    do {
      return try grammar.merge(kind.grammar(value.string ?? value.text))
    } catch {
      throw GrammarError("\(place.path)/\(name): \(error)")
    }
  }

  private mutating func tag(_ place: TagPlace) throws(GrammarError) -> Expression {
    let begin = try boundary(place, "begin")
    let content = try expression(try place.child("content", until: place.endTexts))
    return .sequence([begin, content, try boundary(place, "end")])
  }

  /// What begins or ends a tag: a text, several of which one, or a format.
  private mutating func boundary(_ place: TagPlace, _ name: String) throws(GrammarError) -> Expression {
    switch place.value[name] {
    case .string(let text)?: return .text(text)
    case .array(let items)? where !items.isEmpty && items.allSatisfy({ $0.string != nil }):
      return .choice(items.map { .text($0.string ?? "") })
    case .object?: return try expression(try place.child(name))
    default: throw place.error("has no \(name)")
    }
  }

  /// Any text in which tags take over where one of the triggers would occur.
  private mutating func triggeredTags(_ place: TagPlace) throws(GrammarError) -> Expression {
    guard let triggers = try place.texts("triggers"), !triggers.isEmpty else { throw place.error("has no triggers") }
    let excluded = try place.texts("excludes") ?? []
    let text = try anyText(place, excluding: triggers + excluded)
    let tags = Expression.choice(try expressions(place, "tags"))
    let isOnce = place.value["stop_after_first"]?.bool == true
    let more = Expression.sequence([tags, isOnce ? .empty : text])
    let minimum = place.value["at_least_one"]?.bool == true ? 1 : 0
    return .sequence([text, .repetition(more, minimum: minimum, maximum: isOnce ? 1 : nil)])
  }

  private mutating func separatedTags(_ place: TagPlace) throws(GrammarError) -> Expression {
    let tags = Expression.choice(try expressions(place, "tags"))
    let separator = try boundary(place, "separator")
    let isOnce = place.value["stop_after_first"]?.bool == true
    let all =
      isOnce
      ? tags : .sequence([tags, .repetition(.sequence([separator, tags]), minimum: 0, maximum: nil)])
    return place.value["at_least_one"]?.bool == true ? all : .optional(all)
  }
}

/// A language that a part of a structural tag is written in.
private enum EmbeddedLanguage {
  case jsonSchema, regex, gbnf

  func grammar(_ source: String) throws(GrammarError) -> Grammar {
    switch self {
    case .jsonSchema: try SchemaGrammar.grammar(source)
    case .regex: Grammar(root: try RegexLanguage(source, whole: true).expression)
    case .gbnf: try GBNFParser.grammar(source)
    }
  }
}
