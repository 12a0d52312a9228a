import Foundation

/// The perplexity of scored tokens and its standard error.
package struct PerplexityEstimate: Hashable, Sendable {
  package let perplexity: Double
  /// By the delta method from the spread of the windows' mean losses; of the tokens' losses when there is one window.
  /// Tokens of a window share a topic, so counting each as a sample of its own would promise too much.
  package let standardError: Double?
  package let scoredTokenCount: Int
  /// Mean loss of each window in nats, in order: what paired comparisons use.
  package let windowLosses: [Double]

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
