import Attention
import Inference
import Transformer
import Wire

/// The sequences one stage holds: their caches everywhere, their sampling state at the last stage. Values only.
///
/// An entry is checked whole before anything changes, so that a refused one leaves its sequence as it was.
struct StageSequences {
  private struct Held {
    var cache: SequenceCache
    var sampling: SamplingParameters
    var history = TokenHistory()
    /// Where the answer begins.
    let promptLength: Int
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

  /// Extends the entries' caches over their tokens. Those that cannot be are refused, each for itself; the rows of
  /// the others follow each other without gaps.
  mutating func admit(_ entries: [ForwardEntry]) -> (attention: [AttentionEntry], refusals: [FrameRefusal]) {
    var attention: [AttentionEntry] = []
    attention.reserveCapacity(entries.count)
    var refusals: [FrameRefusal] = []
    var row = 0
    for entry in entries {
      do throws(FrameRefusal) {
        let next = try continued(entry)
        attention.append(AttentionEntry(cache: next.cache, firstRow: row, rowCount: entry.tokens.count))
        row += entry.tokens.count
        held[entry.sequence] = next
      } catch {
        refusals.append(error)
      }
    }
    return (attention, refusals)
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
        cache: SequenceCache(policy: entry.policy, nearPages: opening.nearPages), sampling: opening.sampling,
        promptLength: opening.promptTokenCount)
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
    if isLast, next.sampling.usesPenalties {
      let promptShare = min(max(next.promptLength - entry.startPosition, 0), entry.tokens.count)
      next.history.append(entry.tokens.prefix(promptShare), generated: false)
      next.history.append(entry.tokens.dropFirst(promptShare), generated: true)
    }
    return next
  }
}

/// An entry that does not continue what this stage holds, or gave what cannot be used.
struct FrameRefusal: Error, CustomStringConvertible {
  let sequence: SequenceID
  let reason: String
  var description: String { "\(sequence) \(reason)" }
}
