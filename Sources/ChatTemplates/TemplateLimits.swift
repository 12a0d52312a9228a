/// Limits on what a template may use. Real templates stay far below.
package enum ChatTemplateLimits {
  /// Bytes of the source.
  package static let sourceByteCount = 256 << 10
  /// Nested blocks and brackets together; nested lists and mappings.
  package static let depth = 64
  /// Blocks, brackets and macros within each other while a template is rendered.
  package static let renderingDepth = 256
  /// Numbers of one range, as in the sandbox of Jinja.
  package static let rangeCount = 100_000
  /// Steps of one rendering: expressions evaluated, elements visited, and one for every 64 characters copied.
  package static let stepCount = 1_000_000
  /// Steps of a rendering that finds out what a template expects.
  package static let probeStepCount = 50_000
  /// Bytes of a rendering, and of any intermediate string.
  package static let outputByteCount = 4 << 20
}

/// The remaining steps of a rendering.
struct StepBudget {
  private let stepCount: Int
  private var remaining: Int

  init(stepCount: Int) { (self.stepCount, remaining) = (stepCount, stepCount) }

  /// - Throws: when fewer steps remain than `count`.
  mutating func spend(_ count: Int = 1) throws(ChatTemplateError) {
    guard count <= remaining else {
      throw ChatTemplateError(
        .limit,
        "the chat template needs more than \(stepCount) steps; use another template")
    }
    remaining -= count
  }

  /// For copying characters.
  mutating func spend(characters: Int) throws(ChatTemplateError) {
    // A string has at least as many bytes as characters.
    guard characters <= ChatTemplateLimits.outputByteCount else {
      throw ChatTemplateError(
        .limit,
        "the chat template makes a string of more than \(ChatTemplateLimits.outputByteCount) bytes;"
          + " send shorter messages or use another template")
    }
    try spend(1 + characters / 64)
  }
}
