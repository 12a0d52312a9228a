import JSON

/// How a family of models writes calls: a block of text with an opening and, mostly, a closing mark.
protocol ToolCallForm: Sendable {
  /// Marks that open a block. Their text is never part of the answer's content.
  var openings: [String] { get }
  /// Marks that close a block which this mark opened; the first one found counts. Without any, a block lasts to the end
  /// of the answer.
  func closings(of opening: String) -> [String]
  /// Whether a block may open only where nothing but blanks came before it.
  var opensAnswersOnly: Bool { get }
  /// The calls of a block, which is the text between its marks.
  /// - Returns: nil when it is not written in this form; its text is content then.
  func calls(in block: String, opening: String, tools: [ToolDeclaration]) -> [ToolCall]?
  /// What a call is written as, for an answer that must have one.
  /// - Parameter schema: of its arguments.
  func format(_ name: String, _ schema: JSONValue) -> TagFormat
  /// What lies between two calls of an answer; nil where one has only one.
  var separator: TagFormat? { get }
  /// What comes before the content of an answer without a call.
  var contentOpening: String { get }
}

extension ToolCallForm {
  var opensAnswersOnly: Bool { false }
  var separator: TagFormat? { .text("\n") }
  var contentOpening: String { "" }

  /// An object of a name and of arguments, as most families write it.
  func object(_ name: String, _ key: String, _ schema: JSONValue) -> TagFormat {
    .sequence([
      .text("{\"name\": \(JSONValue.string(name).text), \"\(key)\": "), .schema(schema), .text("}"),
    ])
  }
}

/// The forms, and which one a model's chat template was written for.
enum ToolCallForms {
  /// - Parameter template: the source of the chat template; nil when the model has none.
  static func form(of template: String?) -> any ToolCallForm {
    let template = template ?? ""
    return known.first { $0.marks.allSatisfy(template.contains) }?.form ?? HermesCalls()
  }

  /// In the order in which they are tried: a template with several marks is of the form with the rarer one.
  private static let known: [(marks: [String], form: any ToolCallForm)] = [
    (["<|channel|>", "functions."], HarmonyCalls()),
    (["<function=", "<parameter="], TaggedParameterCalls()),
    (["<arg_key>"], ArgumentPairCalls()),
    (["<｜tool▁calls▁begin｜>", "```json"], DeepSeekCalls(isFenced: true)),
    (["<｜tool▁calls▁begin｜>"], DeepSeekCalls(isFenced: false)),
    (["[TOOL_CALLS]", "[ARGS]"], MistralCalls(isNamed: true)),
    (["[TOOL_CALLS]"], MistralCalls(isNamed: false)),
    (["<tool_call>"], HermesCalls()),
    (["<|tool_call|>"], ListedCalls(opening: "<|tool_call|>")),
    (["functools["], ListedCalls(opening: "functools[")),
    (["<|python_tag|>"], PlainJSONCalls()),
    (["\"parameters\":", "tools"], PlainJSONCalls()),
  ]
}
