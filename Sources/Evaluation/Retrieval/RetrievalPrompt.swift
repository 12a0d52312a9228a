package import Core
package import Tokenization

/// A prompt with hidden numbers, of an exact number of tokens, and its answer.
package struct RetrievalPrompt: Hashable, Sendable {
  package let tokens: [TokenID]
  package let key: String
  /// Position of the requested statement in the filler, from 0 (first) to 1 (last): the requested depth to within half
  /// a sentence.
  package let depth: Double
}

/// Builds prompts of exact length: begin token, opening, filler with the statements between sentences, question.
///
/// Only the first sentence of the filler is cut, at its start.
package struct RetrievalPromptBuilder: Sendable {
  private let tokenizer: Tokenizer
  private let filler: FillerText
  private let seed: UInt64

  package init(tokenizer: Tokenizer, filler: FillerText, seed: UInt64) {
    (self.tokenizer, self.filler, self.seed) = (tokenizer, filler, seed)
  }

  /// - Parameters:
  ///   - length: tokens of prompt and completion together; the prompt has `task.answerTokenCount` fewer.
  ///   - depth: of the requested number, 0...1. The others are at random depths.
  ///   - trial: distinguishes prompts of the same task, length and depth.
  /// - Throws: `RetrievalRefusal` when the text without filler is longer.
  package func prompt(
    _ task: RetrievalTask, length: Int, depth: Double, trial: Int
  ) throws(RetrievalRefusal) -> RetrievalPrompt {
    var draws = SeededRandom(
      seed: seed, task.keyCount, task.digitCount, length, Int((depth * 10_000).rounded()), trial)
    let continuing = ContinuingText(tokenizer)
    let keys = Self.keys(task, &draws)
    let color = RetrievalWording.colors[draws.number(below: RetrievalWording.colors.count)]
    let labels = draws.sample(RetrievalWording.locks, count: task.keyCount).map { "\(color) \($0)" }
    // The question asks for the first.
    var depths = [depth]
    for _ in 1..<max(1, task.keyCount) where depths.count < task.keyCount {
      depths.append(Double(draws.number(below: 10_001)) / 10_000)
    }
    let statements = zip(keys, labels).map { continuing.tokens(of: task.wording.statement(key: $0, label: $1)) }
    let opening =
      task.wording.opening.isEmpty
      ? [] : tokenizer.encode(task.wording.opening, addingBegin: false, parsingSpecial: false)
    let begin = tokenizer.addsBeginToken ? [tokenizer.beginToken].compactMap { $0 } : []
    let question = continuing.tokens(of: task.wording.question(label: labels[0]))
    let words = begin.count + opening.count + question.count + statements.reduce(0) { $0 + $1.count }
    let room = length - task.answerTokenCount - words
    guard room >= 0 else {
      throw RetrievalRefusal(
        "\(length) tokens are too few for a \(task.name): its text and completion need "
          + "\(words + task.answerTokenCount)")
    }
    let text = fillerText(room, &draws)
    let places = depths.map { text.border(nearest: $0) }
    var tokens = begin + opening
    var at = 0
    for index in places.indices.sorted(by: { (places[$0], $0) < (places[$1], $1) }) {
      tokens += text.tokens[at..<places[index]]
      tokens += statements[index]
      at = places[index]
    }
    tokens += text.tokens[at...]
    tokens += question
    return RetrievalPrompt(
      tokens: tokens, key: keys[0], depth: room == 0 ? 0 : Double(places[0]) / Double(room))
  }

  /// Distinct numbers without leading zeros.
  private static func keys(_ task: RetrievalTask, _ draws: inout SeededRandom) -> [String] {
    var keys: [String] = []
    while keys.count < task.keyCount {
      let digits = (0..<task.digitCount).map { $0 == 0 ? 1 + draws.number(below: 9) : draws.number(below: 10) }
      let key = digits.map(String.init).joined()
      if !keys.contains(key) { keys.append(key) }
    }
    return keys
  }

  /// Consecutive sentences from a random one, cut to `count` tokens at the start.
  private func fillerText(_ count: Int, _ draws: inout SeededRandom) -> BorderedText {
    var next = draws.number(below: filler.sentences.count)
    var tokens: [TokenID] = []
    var borders = [0]
    while tokens.count < count {
      tokens += filler.sentences[next]
      borders.append(tokens.count)
      next = (next + 1) % filler.sentences.count
    }
    let cut = tokens.count - count
    return BorderedText(
      tokens: Array(tokens[cut...]), borders: [0] + borders.filter { $0 > cut }.map { $0 - cut })
  }
}

/// Ids and the positions between sentences, ascending, including both ends.
private struct BorderedText {
  let tokens: [TokenID]
  let borders: [Int]

  func border(nearest depth: Double) -> Int {
    let wanted = depth * Double(tokens.count)
    return borders.min { abs(Double($0) - wanted) < abs(Double($1) - wanted) } ?? 0
  }
}
