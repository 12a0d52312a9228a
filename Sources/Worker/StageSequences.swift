import Attention
import Inference
import Transformer
import Wire

/// The sequences one stage holds: their caches everywhere, their sampling state at the last stage. Values only.
///
/// A frame is checked whole before anything changes, so that a refused one leaves every sequence as it was.
struct StageSequences {
  private struct Held {
    var cache: SequenceCache
    var sampling: SamplingParameters
    var history = TokenHistory()
    /// Where the answer begins: set when the prompt's last chunk has been read.
    var promptLength: Int?
  }

  private var held: [SequenceID: Held] = [:]
  private let store: KVPageStore
  private let vocabularySize: Int
  private let contextLength: Int
  private let isLast: Bool

  init(store: KVPageStore, vocabularySize: Int, contextLength: Int, isLast: Bool) {
    self.store = store
    self.vocabularySize = vocabularySize
    self.contextLength = contextLength
    self.isLast = isLast
  }

  var count: Int { held.count }

  /// Forgets ended sequences; ids that are not held are ignored, since a release may follow a failure.
  mutating func release(_ sequences: [SequenceID]) {
    for sequence in sequences { held[sequence] = nil }
  }

  /// Extends every entry's cache over its tokens. All or nothing.
  mutating func admit(_ entries: [ForwardEntry]) throws(FrameRefusal) -> [AttentionEntry] {
    var changed: [Held] = []
    changed.reserveCapacity(entries.count)
    var attention: [AttentionEntry] = []
    attention.reserveCapacity(entries.count)
    var row = 0
    for entry in entries {
      let next = try continued(entry)
      attention.append(AttentionEntry(cache: next.cache, firstRow: row, rowCount: entry.tokens.count))
      row += entry.tokens.count
      changed.append(next)
    }
    for (entry, next) in zip(entries, changed) { held[entry.sequence] = next }
    return attention
  }

  /// What the sampler needs for an admitted entry.
  func sampling(of sequence: SequenceID) -> (parameters: SamplingParameters, history: TokenHistory)? {
    held[sequence].map { ($0.sampling, $0.history) }
  }

  private func continued(_ entry: ForwardEntry) throws(FrameRefusal) -> Held {
    func refusal(_ reason: String) -> FrameRefusal { FrameRefusal(sequence: entry.sequence, reason: reason) }
    for token in entry.tokens where token < 0 || Int(token) >= vocabularySize {
      throw refusal("has token id \(token) outside the vocabulary of \(vocabularySize)")
    }
    guard entry.startPosition + entry.tokens.count <= contextLength else {
      throw refusal("reaches beyond the planned context of \(contextLength)")
    }
    var next: Held
    if let opening = entry.opening {
      guard held[entry.sequence] == nil else { throw refusal("is opened twice") }
      if let bad = store.refusal(of: opening.nearPages) { throw refusal(bad.description) }
      next = Held(
        cache: SequenceCache(policy: entry.policy, nearPages: opening.nearPages), sampling: opening.sampling)
    } else {
      guard let known = held[entry.sequence] else { throw refusal("is not held here and was not opened") }
      guard known.cache.policy == entry.policy else {
        throw refusal("comes with policy \(entry.policy) but was admitted with \(known.cache.policy)")
      }
      next = known
    }
    if let bad = store.refusal(of: entry.newPages) { throw refusal(bad.description) }
    if let bad = next.cache.extend(
      start: entry.startPosition, tokenCount: entry.tokens.count, newPages: entry.newPages)
    {
      throw refusal(bad.description)
    }
    if isLast {
      if next.sampling.usesPenalties {
        next.history.append(entry.tokens, generated: next.promptLength.map { entry.startPosition >= $0 } ?? false)
      }
      if entry.samples, next.promptLength == nil { next.promptLength = next.cache.length }
    }
    return next
  }
}

/// A frame that does not continue what this stage holds.
struct FrameRefusal: Error, CustomStringConvertible {
  let sequence: SequenceID
  let reason: String
  var description: String { "\(sequence) \(reason)" }
}
