/// What the last stage makes of an entry's rows, which are counted from 0: one row a token.
package struct StepOutput: Hashable, Sendable {
  /// Rows after which a token is sampled: row i gives the token that follows the entry's token i.
  package var sampledRows: Range<Int>
  /// Best alternatives wanted with every sampled or scored token; nil wants no log-probabilities of sampled ones.
  package var topLogprobCount: Int?
  /// Rows whose logits are wanted.
  package var logitsRows: Range<Int>
  /// Position of the first token whose log-probability given its predecessors is wanted, at least 1; nil wants none.
  /// All from there to the token after the entry, or to its last, are reported.
  package var scoresFrom: Int?
  /// The prompt's token after the entry, so that the last row can score it.
  package var followingToken: TokenID?
  /// How the finished hidden states are pooled to one row; nil wants none.
  package var pooling: Pooling?

  package init(
    sampledRows: Range<Int> = 0..<0, topLogprobCount: Int? = nil, logitsRows: Range<Int> = 0..<0,
    scoresFrom: Int? = nil, followingToken: TokenID? = nil, pooling: Pooling? = nil
  ) {
    self.sampledRows = sampledRows
    self.topLogprobCount = topLogprobCount
    self.logitsRows = logitsRows
    self.scoresFrom = scoresFrom
    self.followingToken = followingToken
    self.pooling = pooling
  }
}

/// How the hidden states of an entry's rows, normalized as for the head, become one.
package enum Pooling: Hashable, Sendable, CaseIterable {
  /// Their mean over the entry's rows, summed in order in double precision. A text of several entries is the mean of
  /// these, weighted by their tokens.
  case mean
  /// The last row.
  case last
  /// The first row, of the token that encoders call the class.
  case first
}

/// A token that was sampled, with its log-probability under the model (before temperature and filters).
package struct SampledToken: Hashable, Sendable {
  package var token: TokenID
  /// Nil unless asked for.
  package var logprob: Float?
  /// Best alternatives, largest first.
  package var top: [TokenLogprob]

  package init(_ token: TokenID, logprob: Float? = nil, top: [TokenLogprob] = []) {
    self.token = token
    self.logprob = logprob
    self.top = top
  }
}
