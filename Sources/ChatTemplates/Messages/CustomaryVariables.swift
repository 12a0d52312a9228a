import JSON

/// Variables that some templates read though transformers does not set them: the makers of those models tell their
/// users to. Llama 3.1 and 3.3 show `date_string`, a day of 2024 without it; Firefunction v2 cannot be rendered without
/// `datetime` and `functions` (its model card has both). A request may give its own.
enum CustomaryVariables {
  static func values(of prompt: ChatPrompt, date: TemplateDate) throws(ChatTemplateError) -> [String: TemplateValue] {
    [
      "date_string": .text(try date.formatted("%d %b %Y")),
      "datetime": .text(try date.formatted("%b %d %Y %H:%M:%S")),
      "functions": .text(JSONValue.array(prompt.tools).text),
    ]
  }
}
