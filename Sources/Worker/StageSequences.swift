import Core
import Paging
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
    /// All tokens, where penalties need them.
    var tokens: [TokenID] = []
  }

  private var held: [SequenceID: Held] = [:]
  /// KV pages of the plan, by whose ids entries name them.
  private let pageCount: Int
  private let vocabularySize: Int
  private let contextLength: Int
  private let isLast: Bool

  init(pageCount: Int, vocabularySize: Int, contextLength: Int, isLast: Bool) {
    self.pageCount = pageCount
    self.vocabularySize = vocabularySize
    self.contextLength = contextLength
    self.isLast = isLast
  }

  var count: Int { held.count }

  /// What is here of every sequence, and how much of it the log can send to the next stage.
  func all(logged: (SequenceID) -> Int) -> [ResidentSequence] {
    held.map { ResidentSequence(sequence: $0, length: $1.cache.length, loggedCount: logged($0)) }
      .sorted { $0.sequence < $1.sequence }
  }

  /// A cache that was cut, and the key blocks whose neighbor view must be restored.
  struct Cut {
    let cache: SequenceCache
    let neighborBlocks: Range<Int>
  }

  /// Resumes these sequences, cut to where all stages have them, and forgets all others.
  /// - Throws: `FrameRefusal` when one is not here, or not that far.
  mutating func resume(_ resumes: [ResumedSequence], stage: Int) throws(FrameRefusal) -> [Cut] {
    var kept: [SequenceID: Held] = [:]
    var cuts: [Cut] = []
    for resumed in resumes where !resumed.rebuilding.contains(stage) {
      guard var sequence = held[resumed.sequence], sequence.cache.length >= resumed.length else {
        throw FrameRefusal(
          sequence: resumed.sequence, reason: "is to resume at position \(resumed.length) but is not held that far")
      }
      let blocks = sequence.cache.truncate(to: resumed.length)
      if !blocks.isEmpty { cuts.append(Cut(cache: sequence.cache, neighborBlocks: blocks)) }
      if sequence.tokens.count > resumed.length {
        let tokens = sequence.tokens.prefix(resumed.length)
        (sequence.tokens, sequence.history) = ([], TokenHistory())
        note(Array(tokens), start: 0, in: &sequence)
      }
      kept[resumed.sequence] = sequence
    }
    held = kept
    return cuts
  }

  /// Forgets ended sequences; ids that are not held are ignored, since a release may follow a failure.
  mutating func release(_ sequences: [SequenceID]) {
    for sequence in sequences { held[sequence] = nil }
  }

  /// Extends the caches of the entries that `stage` computes over their tokens. Those that cannot be extended are
  /// refused, each for itself; computed rows follow each other without gaps, in the payload and in the step.
  mutating func admit(_ entries: [ForwardEntry], stage: Int) -> (rows: [StepRow], refusals: [FrameRefusal]) {
    var rows: [StepRow] = []
    rows.reserveCapacity(entries.count)
    var refusals: [FrameRefusal] = []
    var (source, row) = (0, 0)
    for entry in entries {
      guard entry.isRead(by: stage) else {
        rows.append(StepRow(entry: entry, source: source, cache: nil))
        continue
      }
      do throws(FrameRefusal) {
        let next = try continued(entry)
        let cache = CacheEntry(cache: next.cache, firstRow: row, rowCount: entry.tokens.count)
        rows.append(StepRow(entry: entry, source: source, cache: cache))
        row += entry.tokens.count
        held[entry.sequence] = next
      } catch {
        refusals.append(error)
      }
      source += entry.tokens.count
    }
    return (rows, refusals)
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
      if let bad = CacheRefusal.ofPages(opening.neighborPages, pageCount: pageCount) { throw refusal(bad.description) }
      next = Held(
        cache: SequenceCache(policy: entry.policy, neighborPages: opening.neighborPages), sampling: opening.sampling,
        promptLength: opening.promptTokenCount)
    } else {
      guard let known = held[entry.sequence] else { throw refusal("is not held here and was not opened") }
      guard known.cache.policy == entry.policy else {
        throw refusal("comes with policy \(entry.policy) but was admitted with \(known.cache.policy)")
      }
      next = known
    }
    if let bad = CacheRefusal.ofPages(entry.newPages, pageCount: pageCount) { throw refusal(bad.description) }
    if let bad = next.cache.extend(
      start: entry.startPosition, tokenCount: entry.tokens.count, newPages: entry.newPages)
    {
      throw refusal(bad.description)
    }
    if isLast, next.sampling.usesPenalties { note(entry.tokens, start: entry.startPosition, in: &next) }
    return next
  }

  private func note(_ tokens: [TokenID], start: Int, in sequence: inout Held) {
    let promptShare = min(max(sequence.promptLength - start, 0), tokens.count)
    sequence.history.append(tokens.prefix(promptShare), generated: false)
    sequence.history.append(tokens.dropFirst(promptShare), generated: true)
    sequence.tokens += tokens
  }
}

/// An entry that does not continue what this stage holds, or gave what cannot be used.
struct FrameRefusal: Error, CustomStringConvertible {
  let sequence: SequenceID
  let reason: String
  var description: String { "\(sequence) \(reason)" }
}
