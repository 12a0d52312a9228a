import Foundation

/// The perplexity of scored tokens and its standard error.
package struct PerplexityEstimate: Hashable, Sendable {
  package let perplexity: Double
  /// By the delta method from the spread of the windows' mean losses; of the tokens' losses when there is one window.
  /// Tokens of a window share a topic, so counting each as a sample of its own would promise too much.
  package let standardError: Double?
  /// 0 where only the windows' means are known.
  package let scoredTokenCount: Int
  /// Mean loss of each window in nats, in order: what paired comparisons use.
  package let windowLosses: [Double]

  /// Of windows with equally many scored tokens, by their mean losses in nats.
  package init(windowLosses: [Double]) {
    self.windowLosses = windowLosses
    scoredTokenCount = 0
    let mean = MeanEstimate(windowLosses)
    perplexity = exp(mean.mean)
    standardError = mean.standardError.map { exp(mean.mean) * $0 }
  }

  /// - Parameter logprobs: of every scored token, a row a window. Rows without tokens do not count.
  package init(logprobs: [[Float]]) {
    let rows = logprobs.filter { !$0.isEmpty }
    windowLosses = rows.map { row in -row.reduce(0) { $0 + Double($1) } / Double(row.count) }
    scoredTokenCount = rows.reduce(0) { $0 + $1.count }
    let total = zip(windowLosses, rows).reduce(0) { $0 + $1.0 * Double($1.1.count) }
    let mean = total / Double(scoredTokenCount)
    perplexity = exp(mean)
    let spread =
      rows.count > 1 ? MeanEstimate(windowLosses) : MeanEstimate((rows.first ?? []).map { -Double($0) })
    standardError = spread.standardError.map { exp(mean) * $0 }
  }
}
