import Core
import Paging
import Transformer

/// A sequence as one stage holds it.
struct StageSequence {
  private(set) var cache: SequenceCache
  let sampling: SamplingParameters
  /// What the answer must spell.
  let constraint: TextConstraint?
  private var history = TokenHistory()
  /// Where the answer begins.
  let promptLength: Int
  /// Tokens in pages that other sequences filled and may still hold: nothing is written there.
  private let cachedLength: Int
  /// All tokens, where sampling needs them.
  private var tokens: [TokenID] = []

  /// Opens a sequence that `entry` starts, on cached pages where it says so.
  /// - Parameter keepsTokens: whether this stage samples, so that it may need the tokens.
  /// - Throws: `FrameRefusal` when the opening cannot be honored.
  init(_ opening: SequenceStart, of entry: StepEntry, pageCount: Int, keepsTokens: Bool) throws(FrameRefusal) {
    func refusal(_ reason: String) -> FrameRefusal { FrameRefusal(sequence: entry.sequence, reason: reason) }
    guard opening.stateSlot == nil else {
      throw refusal("names a state slot, but no layer here keeps state beside its pages")
    }
    let prefix = opening.cachedPrefix ?? CachedPrefix(pages: [])
    if let bad = CacheRefusal.ofPages(opening.neighborPages + prefix.pages, pageCount: pageCount) {
      throw refusal(bad.description)
    }
    cache = SequenceCache(policy: entry.policy, neighborPages: opening.neighborPages, cachedPages: prefix.pages)
    sampling = opening.sampling
    constraint = opening.constraint
    promptLength = opening.promptTokenCount
    cachedLength = prefix.tokenCount
    guard keepsTokens, opening.needsTokens else { return }
    guard prefix.tokens.count == prefix.tokenCount else { throw refusal("lacks the tokens of its cached pages") }
    note(prefix.tokens)
  }

  /// Extends the sequence over an entry's tokens; what it has from the entry's position on is cut before. Nothing has
  /// changed when it throws.
  /// - Returns: what must be restored before anything attends; nil when nothing must.
  mutating func extend(over entry: StepEntry, keepsTokens: Bool) throws(FrameRefusal) -> NeighborRestoration? {
    func refusal(_ reason: String) -> FrameRefusal { FrameRefusal(sequence: entry.sequence, reason: reason) }
    guard entry.startPosition >= cachedLength else {
      throw refusal("starts at position \(entry.startPosition), inside its \(cachedLength) cached tokens")
    }
    var next = self
    let isOpened = entry.opening != nil
    let cut = next.cut(to: entry.startPosition)
    let restoration = isOpened ? NeighborRestoration(next.cache, next.cache.neighborBlocks(before: cachedLength)) : cut
    if let bad = next.cache.extend(
      start: entry.startPosition, tokenCount: entry.tokens.count, newPages: entry.newPages)
    {
      throw refusal(bad.description)
    }
    if keepsTokens, sampling.needsTokens || constraint != nil { next.note(entry.tokens) }
    self = next
    return restoration
  }

  /// Forgets the tokens from `length` on, as far as there are any.
  mutating func cut(to length: Int) -> NeighborRestoration? {
    if tokens.count > length {
      forEachPart(length..<tokens.count) { history.remove($0, generated: $1) }
      tokens.removeLast(tokens.count - length)
    }
    let blocks = cache.truncate(to: length)
    return NeighborRestoration(cache, blocks)
  }

  /// What the penalties of a row see: without the last `count` tokens, which follow it in its entry.
  func history(behind count: Int) -> TokenHistory {
    var history = history
    forEachPart(max(0, tokens.count - count)..<tokens.count) { history.remove($0, generated: $1) }
    return history
  }

  /// Prompt and answer up to a row which `count` tokens of its entry follow, where sampling needs them.
  func text(behind count: Int) -> ArraySlice<TokenID> { tokens.dropLast(count) }

  /// The answer up to a row which `count` tokens of its entry follow.
  func answer(behind count: Int) -> [TokenID] { Array(tokens.dropLast(count).dropFirst(promptLength)) }

  private mutating func note(_ more: [TokenID]) {
    let start = tokens.count
    tokens += more
    forEachPart(start..<tokens.count) { history.append($0, generated: $1) }
  }

  /// Divides positions where the answer begins.
  private func forEachPart(_ positions: Range<Int>, _ body: (ArraySlice<TokenID>, _ generated: Bool) -> Void) {
    let bound = min(max(promptLength, positions.lowerBound), positions.upperBound)
    body(tokens[positions.lowerBound..<bound], false)
    body(tokens[bound..<positions.upperBound], true)
  }
}

/// Key blocks of a cache whose neighbor view must be restored.
struct NeighborRestoration {
  let cache: SequenceCache
  let blocks: Range<Int>

  /// Nil when there are none.
  init?(_ cache: SequenceCache, _ blocks: Range<Int>) {
    guard !blocks.isEmpty else { return nil }
    self.cache = cache
    self.blocks = blocks
  }
}
