/// What every part of one rendering shares.
struct RenderContext {
  var budget: StepBudget
  /// What `strftime_now` formats.
  let date: TemplateDate
  /// Whether outputs escape HTML: only within `autoescape`.
  var autoescapes = false

  init(date: TemplateDate, stepCount: Int) {
    budget = StepBudget(stepCount: stepCount)
    self.date = date
  }

  /// A value as an output shows it.
  mutating func shown(_ value: TemplateValue) throws(ChatTemplateError) -> TracedText {
    let text = try value.printed(&budget)
    return autoescapes ? text.escaped : text
  }

  /// A rendered body as a value: safe where outputs were escaped.
  func value(of output: RenderedOutput) -> TemplateValue {
    var text = output.text
    text.isMarkup = autoescapes
    return .text(text)
  }
}
