package import Core

/// One sequence asked of the scheduler: everything about it is fixed here, its policy included.
package struct ScheduledRequest: Sendable {
  package var sequence: SequenceID
  package var prompt: [TokenID]
  /// New tokens at most; 0 only reads the prompt.
  package var maximumNewTokens: Int
  package var policy: SelfExtendPolicy
  /// Ids that end the sequence. They are not emitted.
  package var stopTokens: Set<TokenID>
  package var sampling: SamplingParameters
  /// Best alternatives wanted with every token; nil wants no log-probabilities.
  package var topLogprobCount: Int?
  /// First prompt index whose log-probability is wanted; at least 1.
  package var scoresPromptFrom: Int?
  /// Whether the logits after the last prompt token are wanted.
  package var wantsPromptLogits: Bool
  /// The turn it decodes in; nil decodes in all.
  package var turn: Int?

  package init(
    sequence: SequenceID, prompt: [TokenID], maximumNewTokens: Int, policy: SelfExtendPolicy,
    stopTokens: Set<TokenID> = [], sampling: SamplingParameters = .greedy, topLogprobCount: Int? = nil,
    scoresPromptFrom: Int? = nil, wantsPromptLogits: Bool = false, turn: Int? = nil
  ) {
    self.sequence = sequence
    self.prompt = prompt
    self.maximumNewTokens = maximumNewTokens
    self.policy = policy
    self.stopTokens = stopTokens
    self.sampling = sampling
    self.topLogprobCount = topLogprobCount
    self.scoresPromptFrom = scoresPromptFrom
    self.wantsPromptLogits = wantsPromptLogits
    self.turn = turn
  }
}

/// Why a request was not taken.
package enum AdmissionError: Error, Hashable, Sendable, CustomStringConvertible {
  case emptyPrompt
  case negativeNewTokenCount(Int)
  /// The first prompt token has nothing before it to be predicted from.
  case scoresFromBelowOne(Int)
  /// Prompt plus new tokens exceed the context.
  case contextExceeded(length: Int, contextLength: Int)
  /// As many requests wait as are allowed.
  case overloaded(limit: Int)
  /// Even an empty cluster has too few pages for its worst case.
  case neverFits(neededPageCount: Int, pageCount: Int)

  package var description: String {
    switch self {
    case .emptyPrompt: "the prompt has no tokens"
    case .negativeNewTokenCount(let count): "the number of new tokens is \(count); it must be at least 0"
    case .scoresFromBelowOne(let index):
      "prompt scores were asked for from index \(index); the first token that can be scored has index 1"
    case .contextExceeded(let length, let contextLength):
      "\(length) tokens (prompt plus new tokens) exceed the context of \(contextLength); shorten the "
        + "prompt or ask for fewer new tokens"
    case .overloaded(let limit): "\(limit) requests wait already, which is the limit; try again in a moment"
    case .neverFits(let needed, let pageCount):
      "the request may need \(needed) cache pages but the cluster has \(pageCount); shorten it, choose "
        + "a smaller neighbor window, or start the cluster with a larger --context"
    }
  }
}
