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
}

extension ToolCallForm {
  var opensAnswersOnly: Bool { false }
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
    (["<｜tool▁calls▁begin｜>"], DeepSeekCalls()),
    (["[TOOL_CALLS]"], MistralCalls()),
    (["<tool_call>"], HermesCalls()),
    (["<|tool_call|>"], ListedCalls()),
    (["functools["], ListedCalls()),
    (["<|python_tag|>"], PlainJSONCalls()),
    (["\"parameters\":", "tools"], PlainJSONCalls()),
  ]
}
