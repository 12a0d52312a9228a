import Core
import Paging
import Transformer
import Wire

/// The sequences one stage holds: their caches everywhere, their sampling state at the last stage. Values only.
///
/// An entry is checked whole before anything changes, so that a refused one leaves its sequence as it was.
struct StageSequences {
  private var held: [SequenceID: StageSequence] = [:]
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

  /// Resumes these sequences, cut to where all stages have them, and forgets all others.
  /// - Throws: `FrameRefusal` when one is not here, or not that far.
  mutating func resume(
    _ resumes: [ResumedSequence], stage: Int
  ) throws(FrameRefusal) -> [NeighborRestoration] {
    var kept: [SequenceID: StageSequence] = [:]
    var restorations: [NeighborRestoration] = []
    for resumed in resumes where !resumed.rebuilding.contains(stage) {
      guard var sequence = held[resumed.sequence], sequence.cache.length >= resumed.length else {
        throw FrameRefusal(
          sequence: resumed.sequence, reason: "is to resume at position \(resumed.length) but is not held that far")
      }
      if let restoration = sequence.cut(to: resumed.length) { restorations.append(restoration) }
      kept[resumed.sequence] = sequence
    }
    held = kept
    return restorations
  }

  /// Forgets ended sequences; ids that are not held are ignored, since a release may follow a failure.
  mutating func release(_ sequences: [SequenceID]) {
    for sequence in sequences { held[sequence] = nil }
  }

  /// What came of a step's entries.
  struct Admitted {
    var rows: [StepRow] = []
    /// What must be restored before anything attends.
    var restorations: [NeighborRestoration] = []
    var refusals: [FrameRefusal] = []
  }

  /// Extends the sequences of the entries that `stage` computes over their tokens, after it has cut what they have from
  /// there on. Those that cannot be extended are refused, each for itself; computed rows follow each other without
  /// gaps, in the payload and in the step.
  mutating func admit(_ entries: [StepEntry], stage: Int) -> Admitted {
    var admitted = Admitted()
    var (source, row, logitsRowCount) = (0, 0, 0)
    for entry in entries {
      guard entry.isComputed(by: stage) else {
        admitted.rows.append(StepRow(entry: entry, source: source, cache: nil))
        continue
      }
      do throws(FrameRefusal) {
        logitsRowCount += entry.output.logitsRows.count
        try check(entry, logitsRowCount: logitsRowCount)
        var sequence = try continued(entry)
        if let restoration = try sequence.extend(over: entry, keepsTokens: isLast) {
          admitted.restorations.append(restoration)
        }
        let cache = CacheEntry(cache: sequence.cache, firstRow: row, rowCount: entry.tokens.count)
        admitted.rows.append(StepRow(entry: entry, source: source, cache: cache))
        row += entry.tokens.count
        held[entry.sequence] = sequence
      } catch {
        admitted.refusals.append(error)
      }
      source += entry.tokens.count
    }
    return admitted
  }

  /// What the sampler needs after a row of an admitted entry which `count` others follow.
  func sampling(
    of sequence: SequenceID, behind count: Int
  ) -> (parameters: SamplingParameters, history: TokenHistory, text: ArraySlice<TokenID>, answerStart: Int)? {
    held[sequence].map { ($0.sampling, $0.history(behind: count), $0.text(behind: count), $0.promptLength) }
  }

  /// What the token after such a row must match, and the answer so far; nil without a constraint.
  func constraint(
    of sequence: SequenceID, behind count: Int
  ) -> (constraint: TextConstraint, answer: [TokenID])? {
    guard let known = held[sequence], let constraint = known.constraint else { return nil }
    return (constraint, known.answer(behind: count))
  }

  func holds(_ sequence: SequenceID) -> Bool { held[sequence] != nil }

  /// Checks what a sequence's state has no say in.
  /// - Parameter logitsRowCount: of the step's entries up to this one.
  private func check(_ entry: StepEntry, logitsRowCount: Int) throws(FrameRefusal) {
    func refusal(_ reason: String) -> FrameRefusal { FrameRefusal(sequence: entry.sequence, reason: reason) }
    for token in entry.tokens + (entry.opening?.cachedPrefix?.tokens ?? [])
    where token < 0 || Int(token) >= vocabularySize {
      throw refusal("has token id \(token) outside the vocabulary of \(vocabularySize)")
    }
    guard entry.endPosition <= contextLength else {
      throw refusal("reaches beyond the planned context of \(contextLength)")
    }
    let limit = WireLimits.maximumLogitsRowCount(vocabularySize: vocabularySize)
    guard entry.output.logitsRows.isEmpty || logitsRowCount <= limit else {
      throw refusal("asks for row \(logitsRowCount) of logits of a step that may have \(limit)")
    }
    if let bad = CacheRefusal.ofPages(entry.newPages, pageCount: pageCount) { throw refusal(bad.description) }
  }

  private func continued(_ entry: StepEntry) throws(FrameRefusal) -> StageSequence {
    func refusal(_ reason: String) -> FrameRefusal { FrameRefusal(sequence: entry.sequence, reason: reason) }
    if let opening = entry.opening {
      guard held[entry.sequence] == nil else { throw refusal("is opened twice") }
      return try StageSequence(opening, of: entry, pageCount: pageCount, keepsTokens: isLast)
    }
    guard let known = held[entry.sequence] else { throw refusal("is not held here and was not opened") }
    guard known.cache.policy == entry.policy else {
      throw refusal("comes with policy \(entry.policy) but was admitted with \(known.cache.policy)")
    }
    return known
  }
}

/// An entry that does not continue what this stage holds, or gave what cannot be used.
struct FrameRefusal: Error, CustomStringConvertible {
  let sequence: SequenceID
  let reason: String
  var description: String { "\(sequence) \(reason)" }
}
