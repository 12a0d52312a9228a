package import Core

/// One pass through all stages: first the releases, then the entries.
package struct StepPlan: Sendable {
  /// Ascending by one from 1; counts from 1 again after `resume` and `failAll`, when another epoch begins.
  package let step: UInt64
  /// Decodes, then chunks of prompts; at most one a sequence. Empty only when the step is there for its releases.
  package var entries: [StepEntry]
  /// How many of the entries are decodes.
  package let decodeCount: Int
  /// Sequences whose pages are free from here on. Stages forget them before they compute the entries, which may already
  /// use those pages.
  package var releases: [SequenceID]
  /// Sequences that stages continue out of an earlier plan. Only in the first step of a plan, before which they forget
  /// all others.
  package let resumes: [ResumedSequence]

  package var decodes: ArraySlice<StepEntry> { entries.prefix(decodeCount) }
  package var chunks: ArraySlice<StepEntry> { entries.dropFirst(decodeCount) }
  package var tokenCount: Int { entries.reduce(0) { $0 + $1.tokens.count } }
}
