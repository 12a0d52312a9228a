/// The marks that a model puts around the parts of its answers.
struct AnswerMarks: Sendable {
  /// Marks around what the model writes for itself.
  struct Thought: Hashable, Sendable {
    let opening: String
    /// The first one found ends it.
    let closings: [String]
    /// Whether it may open only where nothing but blanks came before it.
    var opensAnswersOnly = true
    /// What the model writes between it and the answer.
    var next = ""
  }

  var thoughts: [Thought] = [
    Thought(opening: "<think>", closings: ["</think>"]), Thought(opening: "[THINK]", closings: ["[/THINK]"]),
  ]
  /// Marks that are left out of the content.
  var silent: [String] = []
  /// How calls may be written, the model's own form first; empty when the answer may have none.
  var calls: [any ToolCallForm] = []

  /// For a model with this chat template.
  /// - Parameters:
  ///   - template: its source; nil when the model has none.
  ///   - hasTools: whether calls are looked for.
  init(template: String?, hasTools: Bool) {
    let form = ToolCallForms.form(of: template)
    // Small models often leave the marks of their form out.
    calls = !hasTools ? [] : form is PlainJSONCalls ? [form] : [form, PlainJSONCalls()]
    guard form is HarmonyCalls else { return }
    thoughts = [
      Thought(
        opening: "<|channel|>analysis<|message|>", closings: ["<|end|>", "<|start|>assistant"], opensAnswersOnly: false,
        next: "<|start|>assistant")
    ]
    silent = [
      "<|channel|>final<|message|>", "<|channel|>commentary<|message|>", "<|start|>assistant", "<|end|>", "<|return|>",
    ]
  }
}
