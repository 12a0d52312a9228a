import Evaluation
import Foundation
import Core

/// What `tune --json` prints.
struct TuneReport: Report {
  struct Entry: Encodable {
    let policy: PolicyReport
    let perplexity: Double
    let perplexityError: Double?
    let windows: Int
    let found: Int
    let questions: Int
    let lossAboveWinner: Double
    let lossAboveWinnerError: Double?
    let isTied: Bool
    let droppedAfterRound: Int?

    let isAutomatic: Bool

    init(_ entry: TuningRanking.Entry, automatic: PositionPolicy?) {
      isAutomatic = entry.policy == automatic
      policy = PolicyReport(entry.policy)
      (perplexity, perplexityError) = (entry.perplexity.perplexity, entry.perplexity.standardError)
      windows = entry.perplexity.windowLosses.count
      (found, questions) = (entry.retrieval.successCount, entry.retrieval.trialCount)
      (lossAboveWinner, lossAboveWinnerError) = (entry.lossAboveWinner.mean, entry.lossAboveWinner.standardError)
      (isTied, droppedAfterRound) = (entry.isTied, entry.wasDroppedAfter)
    }
  }

  let model: String
  let contextLength: Int
  let seed: UInt64
  let rounds: Int
  let ranked: [Entry]
  let automatic: PolicyReport?
  let recommendation: PolicyReport?
  let advice: [String]
  private let recommendedPolicy: PositionPolicy?

  private enum CodingKeys: CodingKey {
    case model, contextLength, seed, rounds, ranked, automatic, recommendation, advice
  }

  init(model: String, context: Int, sweep: TuningSweep, automatic: PositionPolicy?, seed: UInt64) {
    let ranking = TuningRanking(sweep.candidates)
    let recommendation = ranking.recommendation(automatic: automatic)
    (self.model, contextLength, self.seed) = (model, context, seed)
    rounds = sweep.roundCount
    ranked = ranking.ranked.map { Entry($0, automatic: automatic) }
    self.automatic = automatic.map(PolicyReport.init)
    self.recommendation = (recommendation?.policy).map(PolicyReport.init)
    recommendedPolicy = recommendation?.policy
    let warning = "No policy found any number, so the ranking is by perplexity alone."
    advice = (recommendation?.sentences ?? []) + (ranking.retrievalCounts ? [] : [warning])
  }

  var recommended: PositionPolicy? { recommendedPolicy }

  var lines: [String] {
    var table = TextTable(head: ["policy", "found", "perplexity", "loss above the best", ""])
    for (index, entry) in ranked.enumerated() {
      let error = entry.perplexityError.map { " ±" + Decimals.text($0, places: 2) } ?? ""
      let lossError = entry.lossAboveWinnerError.map { " ±" + Decimals.text($0, places: 4) } ?? ""
      let note = entry.droppedAfterRound.map { "dropped after round \($0)" } ?? (entry.isTied ? "tied" : "")
      table.add([
        entry.policy.name, "\(entry.found)/\(entry.questions)",
        Decimals.text(entry.perplexity, places: 2) + error,
        index == 0 ? "" : Decimals.text(entry.lossAboveWinner, places: 4) + lossError,
        (entry.isAutomatic ? "automatic " : "") + note,
      ])
    }
    return ["\(model) at \(contextLength) tokens, \(rounds) rounds, best first"] + table.lines + [""] + advice
  }
}
