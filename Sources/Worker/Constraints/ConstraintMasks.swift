import Core
import Grammars

/// Masks rows of logits so that what is sampled matches its sequence's constraint. Confined to the compute thread.
///
/// Where a text stands follows from its tokens alone, so a sequence resumes after a loss, or after drafts were dropped,
/// as if nothing had happened. Compiled constraints, and how far texts were followed, are caches.
final class ConstraintMasks {
  /// Why a row cannot be masked.
  struct Refusal: Error {
    let reason: String
  }

  /// Constraints that stay compiled.
  private static let matcherCount = 16

  private let readVocabulary: (() throws -> StageVocabulary)?
  private var vocabulary: StageVocabulary?
  /// The last used first.
  private var matchers: [(constraint: TextConstraint, matcher: GrammarMatcher)] = []
  private var followers: [SequenceID: TextFollower] = [:]
  /// A row.
  private let kept: UnsafeMutableBufferPointer<Float>

  /// - Parameter readVocabulary: called for the first constraint.
  init(vocabularySize: Int, readVocabulary: (() throws -> StageVocabulary)?) {
    self.readVocabulary = readVocabulary
    kept = UnsafeMutableBufferPointer.allocate(capacity: vocabularySize)
  }

  deinit { kept.deallocate() }

  /// The row with minus infinity for every token that must not follow `answer`; valid until the next call. Nil when
  /// `answer` does not match.
  func masked(
    _ row: UnsafeBufferPointer<Float>, of sequence: SequenceID, _ constraint: TextConstraint, answer: [TokenID]
  ) throws(Refusal) -> UnsafeBufferPointer<Float>? {
    let vocabulary = try loadedVocabulary()
    // End tokens spell nothing: a request that ignores them continues its text.
    let text = answer.filter { !vocabulary.endTokens.contains($0) }
    do {
      let matcher = try matcher(constraint, vocabulary.trie)
      var follower = followers[sequence] ?? TextFollower()
      follower.follow(text)
      let position = try follower.position(after: text.count, matcher)
      followers[sequence] = follower
      guard let position else { return nil }
      let mask = try matcher.mask(position)
      kept.initialize(repeating: -.infinity)
      mask.copy(row, to: kept)
      if matcher.allowsEnd(position) {
        for token in vocabulary.endTokens where Int(token) < row.count { kept[Int(token)] = row[Int(token)] }
      }
    } catch {
      throw Refusal(reason: "cannot follow its constraint: \(error)")
    }
    guard kept.contains(where: { $0 > -.infinity }) else {
      throw Refusal(reason: "has a text that must end, but the model has no end token")
    }
    return UnsafeBufferPointer(kept)
  }

  /// Forgets where the texts of sequences stand that are not held any more.
  func keep(_ isHeld: (SequenceID) -> Bool) {
    followers = followers.filter { isHeld($0.key) }
  }

  private func loadedVocabulary() throws(Refusal) -> StageVocabulary {
    if let vocabulary { return vocabulary }
    guard let readVocabulary else { throw Refusal(reason: "has a constraint, but this stage has no vocabulary") }
    do {
      let read = try readVocabulary()
      vocabulary = read
      return read
    } catch {
      throw Refusal(reason: "has a constraint, but the model's tokenizer cannot be read: \(error)")
    }
  }

  private func matcher(_ constraint: TextConstraint, _ trie: TokenTrie) throws(GrammarError) -> GrammarMatcher {
    if let index = matchers.firstIndex(where: { $0.constraint == constraint }) {
      let known = matchers.remove(at: index)
      matchers.insert(known, at: 0)
      return known.matcher
    }
    let made = try GrammarMatcher(Grammar(constraint), vocabulary: trie)
    // Positions of a matcher that is dropped are worth nothing.
    if matchers.count == Self.matcherCount {
      matchers.removeLast()
      followers = [:]
    }
    matchers.insert((constraint, made), at: 0)
    return made
  }
}
