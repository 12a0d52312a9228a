/// Text that a rendering has produced so far. Enforces the limit on its length.
struct RenderedOutput {
  private(set) var text = TracedText()
  private var byteCount = 0

  mutating func append(_ more: TracedText) throws(ChatTemplateError) {
    byteCount += more.byteCount
    guard byteCount <= ChatTemplateLimits.outputByteCount else {
      throw ChatTemplateError(
        .limit, "the rendered chat is longer than \(ChatTemplateLimits.outputByteCount) bytes; send shorter messages")
    }
    text.units.append(contentsOf: more.units)
  }
}
