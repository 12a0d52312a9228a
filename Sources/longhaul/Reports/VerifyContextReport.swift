import Evaluation
import Foundation
import Core

/// What `verify-context --json` prints.
struct VerifyContextReport: Report {
  struct Row: Encodable {
    let length: Int
    let policy: PolicyReport
    let perplexity: Double
    let perplexityError: Double?
    let plainPerplexity: Double
    let seconds: Double
    let plainSeconds: Double
    let kvBytes: Int
  }

  struct HeatMap: Encodable {
    let task: String
    let plain: Bool
    let depths: [Double]
    let lengths: [Int]
    /// By length, then depth.
    let found: [[Int]]
    let trials: Int
  }

  /// Policies at the verified length, on the same windows and questions.
  struct Comparison: Encodable {
    struct Entry: Encodable {
      let policy: PolicyReport
      let perplexity: Double
      let perplexityError: Double?
      let windows: Int
      let found: Int
      let questions: Int
      /// Nats a token, on the same windows.
      let lossAboveBest: Double
      /// The lower and upper end of its 95 % interval.
      let lossInterval: [Double]?
      /// Questions that this policy answered and the best did not.
      let foundAlone: Int
      let foundByBestAlone: Int
      /// How often chance alone would divide these questions as unevenly.
      let chance: Double
      /// Whether it is not surely worse than the best.
      let isTied: Bool

      init(_ entry: TuningRanking.Entry) {
        policy = PolicyReport(entry.policy)
        (perplexity, perplexityError) = (entry.perplexity.perplexity, entry.perplexity.standardError)
        windows = entry.perplexity.windowLosses.count
        (found, questions) = (entry.retrieval.successCount, entry.retrieval.trialCount)
        lossAboveBest = entry.lossAboveWinner.mean
        lossInterval = entry.lossInterval.map { [$0.lowerBound, $0.upperBound] }
        let finds = entry.findsAgainstWinner
        (foundAlone, foundByBestAlone, chance) = (finds.secondAlone, finds.firstAlone, finds.chance)
        isTied = entry.isTied
      }
    }

    let length: Int
    /// Whether the first is better than each other with 95 % confidence.
    let isSure: Bool
    let conclusion: [String]
    /// Best first.
    let ranked: [Entry]

    init(_ comparison: PolicyComparison) {
      (length, isSure, conclusion) = (comparison.length, comparison.isSure, comparison.sentences)
      ranked = comparison.ranking.ranked.map(Entry.init)
    }
  }

  let model: String
  let trainedLength: Int
  let contextLength: Int
  let trustedLength: Int?
  let verdict: String
  let reasons: [String]
  let rows: [Row]
  let heatMaps: [HeatMap]
  let comparison: Comparison?
  let page: String
  private let table: [String]

  private enum CodingKeys: CodingKey {
    case model, trainedLength, contextLength, trustedLength, verdict, reasons, rows, heatMaps, comparison, page
  }

  init(_ verification: ContextVerification, _ verdict: Verdict, page: String) {
    (model, trainedLength) = (verification.model, verification.trainedLength)
    (contextLength, trustedLength) = (verification.contextLength, verdict.trustedLength)
    (self.verdict, reasons, self.page) = (verdict.headline, verdict.reasons, page)
    comparison = verification.comparison.map(Comparison.init)
    table = verification.comparison.map(Self.table) ?? []
    rows = verification.rows.map {
      Row(
        length: $0.length, policy: PolicyReport($0.policy), perplexity: $0.perplexity.perplexity,
        perplexityError: $0.perplexity.standardError, plainPerplexity: $0.plainPerplexity.perplexity,
        seconds: $0.seconds, plainSeconds: $0.plainSeconds, kvBytes: $0.cacheByteCount)
    }
    heatMaps = verification.heatMaps.map { map in
      HeatMap(
        task: map.title, plain: map.isPlain, depths: map.depths, lengths: map.lengths,
        found: map.shares.map { $0.map(\.successCount) }, trials: map.shares.first?.first?.trialCount ?? 0)
    }
  }

  var lines: [String] { [verdict] + reasons.map { "- \($0)" } + table + ["page: \(page)"] }

  private static func table(_ comparison: PolicyComparison) -> [String] {
    var table = TextTable(head: PolicyComparison.head)
    for row in comparison.rows { table.add(row) }
    return ["", "policies at \(comparison.length) tokens, best first"] + table.lines + [""]
      + comparison.sentences + [""]
  }
}
