import Core
import Grammars

/// Constraints on an answer's text, whatever their source: what compiles is followed for a few tokens.
enum GrammarTargets {
  static let schema = FuzzTarget(name: "schema", maximumByteCount: 2048) {
    [
      ##"{"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"b": {"items": {"$ref": "#/$defs/a"}}}}}}"##,
      #"{"type": "object", "properties": {"a": {"enum": [1, "b", null]}}, "required": ["a"], "minProperties": 1}"#,
      #"{"patternProperties": {"^a": {}}, "additionalProperties": {"minimum": -3.5, "exclusiveMaximum": 12}}"#,
      #"{"oneOf": [{"type": "string", "format": "date", "maxLength": 12}, {"prefixItems": [{}], "maxItems": 3}]}"#,
      #"{"allOf": [{"multipleOf": 7}, {"type": ["integer", "array"], "minItems": 2}], "anyOf": [true, false]}"#,
    ].map { Array($0.utf8) }
  } run: {
    follow(TextConstraint(kind: .jsonSchema, source: String(decoding: $0, as: UTF8.self)))
  }

  static let gbnf = FuzzTarget(name: "gbnf", maximumByteCount: 1024) {
    [
      "root ::= a | \"b\" [c-e]* # f\na ::= (\"g\" | .){2,3} root?", "root ::= [^\\x41\\u00e9\\]-]+ \"\\n\"{0,9}",
      "root ::= \"(\" root? \")\" | [0-9]+",
    ].map { Array($0.utf8) }
  } run: {
    follow(TextConstraint(kind: .gbnf, source: String(decoding: $0, as: UTF8.self)))
  }

  static let regex = FuzzTarget(name: "regex", maximumByteCount: 512) {
    ["^(a|b)*c{2,3}$", "[^\\d\\w-z]+?(?<n>.\\u{1F600})|\\x41"].map { Array($0.utf8) }
  } run: {
    follow(TextConstraint(kind: .regex, source: String(decoding: $0, as: UTF8.self)))
  }

  private static let vocabulary = TokenTrie(
    (0...255).map { [UInt8($0)] } + ["", "\": \"", "aa", "}]", "\", \"", "12", "é"].map { Array($0.utf8) })

  private static func follow(_ constraint: TextConstraint) {
    do {
      let matcher = try GrammarMatcher(Grammar(constraint), vocabulary: vocabulary)
      var position = try matcher.start()
      for step in 0..<4 {
        let tokens = try matcher.mask(position).tokens
        require(!tokens.isEmpty || matcher.allowsEnd(position), "a text can always go on or end")
        guard !tokens.isEmpty else { return }
        guard let next = try matcher.position(after: position, tokens[step * 31 % tokens.count]) else {
          return require(false, "what a mask holds may follow")
        }
        position = next
      }
    } catch {
      require(!"\(error)".isEmpty, "a refusal has words")
    }
  }
}
