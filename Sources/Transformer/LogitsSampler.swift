import CKernels
package import Core

/// Draws a token from one row of logits. Deterministic: the same row, parameters and position give the same token.
///
/// Order: biases, penalties, DRY, top-n-sigma, temperature, typical-p, top-k, top-p, min-p, XTC, draw. Candidates are
/// ordered by logit, lowest id first on ties, so top-k, top-p and min-p each keep a prefix of one list.
package struct LogitsSampler {
  /// Copy of the row that penalties and temperature change: in the end weights, relative to the best, 1.
  private var scores: [Float]
  private var ranking: WeightRanking
  private var typical = TypicalFilter()
  private var dry = DryPenalty()

  package init(vocabularySize: Int) {
    scores = [Float](repeating: 0, count: vocabularySize)
    ranking = WeightRanking(capacity: vocabularySize)
  }

  /// - Parameters:
  ///   - text: prompt and answer so far, which DRY looks at.
  ///   - position: of the token to draw, counted from the sequence's start.
  ///   - answerIndex: how many tokens of the answer come before it; by default more than any minimum.
  package mutating func sample(
    _ logits: UnsafeBufferPointer<Float>, parameters: SamplingParameters, history: TokenHistory,
    text: ArraySlice<TokenID> = [], position: Int, answerIndex: Int = .max
  ) -> TokenID {
    precondition(logits.count == scores.count, "one logit a vocabulary entry")
    let isEdited = parameters.editsLogits(answerIndex: answerIndex)
    if parameters.isGreedy, !parameters.needsTokens, !isEdited { return Self.best(of: logits) ?? 0 }
    return scores.withUnsafeMutableBufferPointer { scores in
      _ = scores.update(from: logits)
      if isEdited { LogitEdits.apply(parameters, answerIndex: answerIndex, to: scores) }
      if parameters.usesPenalties { history.penalize(scores, parameters) }
      if parameters.dry.isActive { dry.apply(parameters.dry, text: text, to: scores) }
      // No finite logit at all: the caller has refused the row; id 0 keeps this total.
      guard let best = Self.best(of: UnsafeBufferPointer(scores)) else { return 0 }
      if parameters.isGreedy { return best }
      let maximum = scores[Int(best)]
      if parameters.topNSigma > 0 { SigmaFilter.apply(parameters.topNSigma, maximum: maximum, to: scores) }
      let inverse = 1 / parameters.temperature
      for index in scores.indices { scores[index] = (scores[index] - maximum) * inverse }
      if parameters.typicalP < 1 { typical.note(UnsafeBufferPointer(scores)) }
      lh_exp_row(scores.baseAddress, scores.baseAddress, Int64(scores.count))
      if parameters.typicalP < 1 { typical.apply(parameters.typicalP, to: scores) }
      let random = CounterRandom(seed: parameters.seed)
      let uniform = random.uniform(position: position)
      let weights = UnsafeBufferPointer(scores)
      guard parameters.topK != 0 || parameters.topP < 1 || parameters.minP > 0 || parameters.xtcProbability > 0 else {
        return Self.draw(from: weights.indices.lazy.map { Int32($0) }, weights, uniform: uniform, fallback: best)
      }
      Self.rank(weights, parameters, &ranking)
      if random.secondUniform(position: position) < Double(parameters.xtcProbability) {
        ranking.drop(Self.excludedCount(ranking.tokens, weights, threshold: parameters.xtcThreshold))
      }
      return Self.draw(from: ranking.tokens, weights, uniform: uniform, fallback: best)
    }
  }

  private static func best(of logits: UnsafeBufferPointer<Float>) -> TokenID? {
    let best = lh_argmax(logits.baseAddress, Int64(logits.count))
    return best < 0 ? nil : TokenID(best)
  }

  /// Leaves in `ranking` the candidates that the filters keep, likeliest first.
  private static func rank(
    _ weights: UnsafeBufferPointer<Float>, _ parameters: SamplingParameters, _ ranking: inout WeightRanking
  ) {
    ranking.begin(weights)
    var total = ranking.total
    if parameters.topK > 0 {
      ranking.extend(to: parameters.topK, weights)
      if ranking.tokens.count > parameters.topK { ranking.keep(parameters.topK) }
      total = ranking.tokens.reduce(0.0) { $0 + Double(weights[Int($1)]) }
    }
    let candidateCount = parameters.topK > 0 ? ranking.tokens.count : ranking.candidateCount
    var kept = parameters.topP < 1 ? 0 : candidateCount
    var mass = 0.0
    while kept < candidateCount, kept == 0 || mass < Double(parameters.topP) * total {
      if kept == ranking.tokens.count { ranking.extend(to: kept + 1, weights) }
      mass += Double(weights[Int(ranking.tokens[kept])])
      kept += 1
    }
    if parameters.minP > 0 {
      // Ranked as far as anything passes; the best always does.
      while ranking.tokens.count < kept,
        ranking.tokens.last.map({ weights[Int($0)] >= parameters.minP }) ?? true
      {
        ranking.extend(to: ranking.tokens.count + 1, weights)
      }
      kept = min(kept, ranking.tokens.count)
      while kept > 1, weights[Int(ranking.tokens[kept - 1])] < parameters.minP { kept -= 1 }
    } else {
      ranking.extend(to: kept, weights)
    }
    ranking.keep(kept)
  }

  /// How many of the likeliest candidates XTC drops: all that reach the threshold but the last of them.
  private static func excludedCount(
    _ ranked: [Int32], _ weights: UnsafeBufferPointer<Float>, threshold: Float
  ) -> Int {
    let least = ranked.reduce(0.0) { $0 + Double(weights[Int($1)]) } * Double(threshold)
    return max(0, ranked.prefix { Double(weights[Int($0)]) >= least }.count - 1)
  }

  /// The candidate at which the running weight passes `uniform` of the whole.
  private static func draw(
    from candidates: some Sequence<Int32>, _ weights: UnsafeBufferPointer<Float>, uniform: Double, fallback: TokenID
  ) -> TokenID {
    var total = 0.0
    for candidate in candidates { total += Double(weights[Int(candidate)]) }
    let target = uniform * total
    var mass = 0.0
    var chosen = fallback
    for candidate in candidates where weights[Int(candidate)] > 0 {
      mass += Double(weights[Int(candidate)])
      chosen = candidate
      if mass > target { break }
    }
    return chosen
  }
}
