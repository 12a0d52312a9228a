import Core

/// A complete answer.
struct FinishedAnswer: Sendable {
  /// Which prompt of the request it answers.
  let promptIndex: Int
  let promptTokens: [TokenID]
  var content = ""
  var reasoning = ""
  var calls: [ToolCall] = []
  /// nil unless requested.
  var reports: [TokenReport]?
  var tokens: [TokenID] = []
  var end: AnswerEnd

  /// - Parameter pieces: all of the answer, in order.
  init(_ prepared: PreparedAnswer, _ pieces: [AnswerDelta], _ end: AnswerEnd) {
    promptIndex = prepared.promptIndex
    promptTokens = prepared.generation.prompt
    self.end = end
    reports = prepared.wantsLogprobs ? pieces.flatMap { $0.reports ?? [] } : nil
    tokens = pieces.flatMap(\.tokens)
    for part in pieces.flatMap(\.parts) {
      switch part {
      case .content(let text): content += text
      case .reasoning(let text): reasoning += text
      case .call(let call): calls.append(call)
      }
    }
  }
}

extension [FinishedAnswer] {
  /// What they cost together: each prompt counts once.
  var usage: Usage {
    var prompts: Set<Int> = []
    return reduce(Usage()) { sum, answer in
      var usage = answer.end.usage
      if !prompts.insert(answer.promptIndex).inserted { (usage.promptTokens, usage.cachedTokens) = (0, 0) }
      return sum + usage
    }
  }

  /// Of the answers to each prompt the `count` likeliest, likeliest first; the earlier one of equals.
  func best(_ count: Int) -> [FinishedAnswer] {
    var chosen: [FinishedAnswer] = []
    for prompt in Set(map(\.promptIndex)).sorted() {
      let candidates = enumerated().filter { $0.element.promptIndex == prompt }
      let ranked = candidates.sorted {
        let (left, right) = ($0.element.end.meanLogprob ?? 0, $1.element.end.meanLogprob ?? 0)
        return left == right ? $0.offset < $1.offset : left > right
      }
      chosen += ranked.prefix(count).map(\.element)
    }
    return chosen
  }
}
