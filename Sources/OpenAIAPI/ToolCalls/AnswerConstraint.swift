import Core
import Grammars
import JSON

/// What an answer must match: its content, its calls, and the thoughts before both.
struct AnswerConstraint {
  let marks: AnswerMarks
  /// The mark with which the prompt began a thought; nil for none.
  let openThought: String?
  let tools: ToolFields
  /// Of the content; nil lets it be any text.
  let content: TextConstraint?
  /// The source of the model's chat template.
  let template: String

  /// nil when the answer may be any text.
  /// - Throws: `APIError` for a schema that cannot be enforced.
  func constraint() throws -> TextConstraint? {
    guard let answer = try answer() else {
      // Without a thought before it, the content's constraint is the answer's.
      guard let content, openThought != nil else { return content }
      return try structuralTag(.sequence([thought(), Self.format(content)]), content: nil)
    }
    return try structuralTag(.sequence([thought(), answer]), content: tools.choiceField)
  }

  /// What follows the thoughts; nil when calls bind nothing.
  private func answer() throws -> TagFormat? {
    guard let form = marks.calls.first else { return nil }
    switch tools.choice {
    case .none: return nil
    case .required: return calls(form, try tools.declarations.map { try format($0, form) }, isOne: !tools.allowsSeveral)
    case .named(let name):
      let named = tools.declarations.filter { $0.name == name }
      return calls(form, try named.map { try format($0, form) }, isOne: true)
    case .auto:
      guard content != nil || tools.declarations.contains(where: \.isStrict) else { return nil }
      return mixed(form, try tools.declarations.map { try format($0, form) })
    }
  }

  private func calls(_ form: any ToolCallForm, _ tags: [TagFormat], isOne: Bool) -> TagFormat {
    guard !isOne, let separator = form.separator else { return .choice(tags) }
    return .separated(by: separator, tags: tags)
  }

  /// Calls where the model begins them, or else content.
  private func mixed(_ form: any ToolCallForm, _ tags: [TagFormat]) -> TagFormat {
    let called = calls(form, tags, isOne: !tools.allowsSeveral)
    if let content { return .choice([called, .sequence([.spelled(form.contentOpening), Self.format(content)])]) }
    if form.opensAnswersOnly || !form.contentOpening.isEmpty {
      let words = TagFormat.sequence([.regex("[^{\\[`<]"), .anyText(excluding: [])])
      return .choice([called, .sequence([.spelled(form.contentOpening), .optional(words)])])
    }
    return .triggered(by: form.openings, tags: tags)
  }

  private func format(_ tool: ToolDeclaration, _ form: any ToolCallForm) throws -> TagFormat {
    do {
      return form.format(tool.name, try ArgumentSchema.enforceable(tool.parameters))
    } catch {
      // What is not strict is a wish for a call, of which the schema is a description.
      guard tool.isStrict else { return form.format(tool.name, ArgumentSchema.open) }
      throw APIError.invalid(
        "The parameters of the strict tool '\(tool.name.prefix(64))' cannot be enforced: \(error).", parameter: "tools")
    }
  }

  /// The rest of a thought that the prompt began; else one where the model has such thoughts.
  private func thought() -> TagFormat {
    if let openThought, let thought = marks.thoughts.first(where: { $0.opening == openThought }) {
      return Self.ending(of: thought)
    }
    let known = marks.thoughts.filter { template.contains($0.opening) || !$0.next.isEmpty }
    guard !known.isEmpty else { return .empty }
    return .choice([.empty] + known.map { .sequence([.spelled($0.opening), Self.ending(of: $0)]) })
  }

  private static func ending(of thought: AnswerMarks.Thought) -> TagFormat {
    .sequence([
      .anyText(excluding: thought.closings), .spelled(thought.closings[0]), .spelled(thought.next),
      .regex("[\\n ]{0,4}"),
    ])
  }

  private static func format(_ constraint: TextConstraint) -> TagFormat {
    switch constraint.kind {
    case .jsonSchema: .schema(parsed(constraint.source))
    case .jsonObject: .schema(ArgumentSchema.open)
    case .gbnf: .grammar(constraint.source)
    case .regex: .regex(constraint.source)
    case .choice: .choice((parsed(constraint.source).array ?? []).map { .text($0.string ?? "") })
    case .structuralTag: .given(parsed(constraint.source)["format"] ?? parsed(constraint.source))
    }
  }

  /// - Parameter source: of a constraint that was checked.
  private static func parsed(_ source: String) -> JSONValue { (try? JSONParser.parse(source)) ?? .bool(false) }

  private func structuralTag(_ format: TagFormat, content field: String?) throws -> TextConstraint {
    let constraint = TextConstraint(kind: .structuralTag, source: format.json.text)
    do {
      try constraint.validate()
      try Grammar.check(constraint)
    } catch {
      throw APIError.invalid("The answer cannot be bound to its form: \(error).", parameter: field)
    }
    return constraint
  }
}
