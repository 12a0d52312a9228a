import Foundation

/// The perplexity of scored tokens and its standard error.
package struct PerplexityEstimate: Hashable, Sendable {
  package let perplexity: Double
  /// By the delta method from the spread of the windows' mean losses, or of the tokens' losses for a single window.
  /// Tokens of a window share a topic, so treating each as a sample would underestimate the error.
  package let standardError: Double?
  /// 0 when only the windows' means are known.
  package let scoredTokenCount: Int
  /// Mean loss of each window in nats, in order, for paired comparisons.
  package let windowLosses: [Double]

  /// With its standard error, for people.
  var text: String {
    Decimals.text(perplexity, places: 2) + (standardError.map { " ± " + Decimals.text($0, places: 2) } ?? "")
  }

  /// From the mean losses, in nats, of windows with equal numbers of scored tokens.
  package init(windowLosses: [Double]) {
    self.windowLosses = windowLosses
    scoredTokenCount = 0
    let mean = MeanEstimate(windowLosses)
    perplexity = exp(mean.mean)
    standardError = mean.standardError.map { exp(mean.mean) * $0 }
  }

  /// - Parameter logprobs: of every scored token, one row per window; empty rows do not count.
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
