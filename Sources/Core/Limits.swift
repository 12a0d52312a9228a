/// Bounds that hold everywhere. What exceeds one is refused with its name, before anything is allocated.
package enum Limits {
  /// Tokens of one sequence, prompt and answer together.
  package static let maximumContext = 4 << 20
  /// Group sizes the automatic policy may choose.
  package static let maximumAutomaticGroupSize = 64
  /// Tokens one step may carry, all sequences together.
  package static let maximumStepTokenCount = 4096
  /// Sequences one step may carry.
  package static let maximumStepEntryCount = 256
  /// Workers of one cluster.
  package static let maximumWorkerCount = 64
  /// Tokens a KV page holds.
  package static let pageSize = 64
  /// Pages of one sequence's tokens.
  package static let maximumSequencePageCount = maximumContext / pageSize
  /// Decoder layers of a model.
  package static let maximumLayerCount = 1024
  /// Width of hidden states.
  package static let maximumHiddenSize = 1 << 17
  /// Entries of a vocabulary.
  package static let maximumVocabularySize = 1 << 22
  /// Best alternatives reported with a token.
  package static let maximumTopLogprobCount = 20
}
