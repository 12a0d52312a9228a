/// How much a template may ask for. Real ones stay far below.
package enum ChatTemplateLimits {
  /// Bytes of the source.
  package static let sourceByteCount = 256 << 10
  /// Nested blocks and brackets together; nested lists and mappings.
  package static let depth = 64
  /// Steps of one rendering: expressions evaluated, elements visited, and one for every 64 characters copied.
  package static let stepCount = 1_000_000
  /// Bytes of a rendering, and of any text made on the way.
  package static let outputByteCount = 4 << 20
}

/// What is left of a rendering's steps.
struct StepBudget {
  private var left = ChatTemplateLimits.stepCount

  /// - Throws: when fewer steps are left than wanted.
  mutating func spend(_ count: Int = 1) throws(ChatTemplateError) {
    guard count <= left else {
      throw ChatTemplateError(
        .limit,
        "the chat template takes more than \(ChatTemplateLimits.stepCount) steps; use another template")
    }
    left -= count
  }

  /// For copying characters.
  mutating func spend(characters: Int) throws(ChatTemplateError) {
    // A text's bytes are at least its characters.
    guard characters <= ChatTemplateLimits.outputByteCount else {
      throw ChatTemplateError(
        .limit,
        "the chat template makes a text of more than \(ChatTemplateLimits.outputByteCount) bytes;"
          + " send shorter messages or use another template")
    }
    try spend(1 + characters / 64)
  }
}
