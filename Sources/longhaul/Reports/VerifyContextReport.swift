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

  let model: String
  let trainedLength: Int
  let contextLength: Int
  let trustedLength: Int?
  let verdict: String
  let reasons: [String]
  let rows: [Row]
  let heatMaps: [HeatMap]
  let page: String

  init(_ verification: ContextVerification, _ verdict: Verdict, page: String) {
    (model, trainedLength) = (verification.model, verification.trainedLength)
    (contextLength, trustedLength) = (verification.contextLength, verdict.trustedLength)
    (self.verdict, reasons, self.page) = (verdict.headline, verdict.reasons, page)
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

  var lines: [String] { [verdict] + reasons.map { "- \($0)" } + ["page: \(page)"] }
}
