import Core
import Foundation

/// What `load-test` prints.
struct LoadReport: Report {
  /// Times in seconds. A percentile is one of the measured values: the least that so many per cent do not exceed.
  struct Times: Encodable, Sendable {
    let count: Int
    let mean: Double
    let p50: Double
    let p90: Double
    let p95: Double
    let p99: Double
    let greatest: Double

    init?(_ times: [Duration]) {
      guard let values = Percentiles(times.map(\.inSeconds)) else { return nil }
      (count, mean, greatest) = (values.count, values.mean, values.greatest)
      (p50, p90, p95, p99) = (values(50), values(90), values(95), values(99))
    }
  }

  struct Failures: Encodable, Sendable {
    /// `HTTP 429`, `cut`, `timed out`, `no connection` and the like.
    let kind: String
    let count: Int
    /// What the first of them said.
    let example: String
  }

  struct Targets: Encodable, Sendable {
    let firstToken: Double?
    let perToken: Double?
    let endToEnd: Double?
  }

  struct Goodput: Encodable, Sendable {
    /// In seconds; absent where nothing was asked for.
    let targets: Targets
    /// Requests that finished within all targets.
    let requests: Int
    /// Of all requests with an end, failed ones included.
    let share: Double
    let requestsPerSecond: Double
    /// Tokens of their answers.
    let answerTokensPerSecond: Double
  }

  let url: String
  let model: String
  /// How requests came.
  let arrivals: String
  /// The lengths that were asked for, in tokens.
  let promptLength: String
  let answerLength: String
  let prefixGroups: Int
  let prefixTokens: Int
  let seed: UInt64
  /// From the first request to the last end.
  let seconds: Double
  let sent: Int
  let finished: Int
  let failed: Int
  /// Requests that ran when the test was ended.
  let interrupted: Int
  /// Most frequent first.
  let failures: [Failures]
  let requestsPerSecond: Double
  /// Of finished requests; by the server's count, 0 where it gives none.
  let promptTokens: Int
  /// Of those, what the server had in its cache.
  let cachedTokens: Int
  let answerTokens: Int
  let promptTokensPerSecond: Double
  let answerTokensPerSecond: Double
  /// How the tokens of answers were counted: "running usage", "usage" or "chunks"; of several the least exact.
  let tokensCountedBy: String
  /// Whether prompts were made by tokens that the server counted; false: a word was taken for a token.
  let promptTokensMeasured: Bool
  /// From the time when a request was due to its first token; absent where no request finished, as the next four.
  let timeToFirstToken: Times?
  /// From each token to the next, of all answers together. Tokens that come at once share the time before them.
  let interTokenLatency: Times?
  /// Of each answer: the mean time of its tokens after the first.
  let timePerOutputToken: Times?
  let endToEnd: Times?
  /// How long after they were due requests were sent: beyond milliseconds, this program was too slow for the load.
  let sentLate: Times?
  /// Absent without a target.
  let goodput: Goodput?

  /// - Parameter records: of all requests that were sent.
  init(_ records: [LoadRecord], of test: LoadTest, model: String, measure: TokenMeasure) {
    let finished = records.filter(\.isFinished)
    let begin = records.map(\.due).min() ?? .zero
    let seconds = max(((records.map(\.ended).max() ?? begin) - begin).inSeconds, 1e-9)
    url = test.target.url
    self.model = model
    (arrivals, seed) = ("\(test.schedule.arrivals)", test.schedule.seed)
    (promptLength, answerLength) = ("\(test.schedule.promptLength)", "\(test.schedule.answerLength)")
    (prefixGroups, prefixTokens) = (test.schedule.prefixGroupCount, test.schedule.prefixTokenCount)
    self.seconds = records.isEmpty ? 0 : seconds
    sent = records.count
    self.finished = finished.count
    interrupted = records.count { $0.outcome == .interrupted }
    failed = sent - finished.count - interrupted
    failures = Self.failures(records)
    requestsPerSecond = Double(finished.count) / seconds
    promptTokens = finished.reduce(0) { $0 + ($1.promptTokenCount ?? 0) }
    cachedTokens = finished.reduce(0) { $0 + ($1.cachedTokenCount ?? 0) }
    answerTokens = finished.reduce(0) { $0 + $1.answerTokenCount }
    promptTokensPerSecond = Double(promptTokens) / seconds
    answerTokensPerSecond = Double(answerTokens) / seconds
    tokensCountedBy = (finished.map(\.counting).max() ?? .chunks).rawValue
    promptTokensMeasured = measure.isMeasured
    timeToFirstToken = Times(finished.compactMap(\.timeToFirstToken))
    interTokenLatency = Times(finished.flatMap(\.tokenGaps))
    timePerOutputToken = Times(finished.compactMap(\.timePerToken))
    endToEnd = Times(finished.map(\.endToEnd))
    sentLate = Times(records.map { $0.sent - $0.due })
    goodput = Self.goodput(records, test.latencyTarget, seconds: seconds)
  }

  private static func failures(_ records: [LoadRecord]) -> [Failures] {
    var counts: [String: (count: Int, example: String)] = [:]
    for case .failed(let failure) in records.map(\.outcome) {
      counts[failure.kind, default: (0, failure.text)].count += 1
    }
    return counts.map { Failures(kind: $0, count: $1.count, example: $1.example) }
      .sorted { ($1.count, $0.kind) < ($0.count, $1.kind) }
  }

  private static func goodput(_ records: [LoadRecord], _ target: LatencyTarget, seconds: Double) -> Goodput? {
    guard !target.isEmpty else { return nil }
    let ended = records.filter { $0.outcome != .interrupted }
    let good = ended.filter(target.isMet)
    return Goodput(
      targets: Targets(
        firstToken: target.firstToken?.inSeconds, perToken: target.perToken?.inSeconds,
        endToEnd: target.endToEnd?.inSeconds),
      requests: good.count, share: ended.isEmpty ? 0 : Double(good.count) / Double(ended.count),
      requestsPerSecond: Double(good.count) / seconds,
      answerTokensPerSecond: Double(good.reduce(0) { $0 + $1.answerTokenCount }) / seconds)
  }

  // MARK: Text

  var lines: [String] {
    var lines = [
      "\(url)\(model.isEmpty ? "" : ", model \(model)"): \(arrivals); prompts of \(promptLength) tokens"
        + (prefixGroups > 0 ? " behind \(prefixTokens) that one of \(prefixGroups) groups shares" : "")
        + ", answers of \(answerLength); seed \(seed)",
      String(format: "%d sent in %.2f s: %d finished, %d failed", sent, seconds, finished, failed)
        + (interrupted > 0 ? ", \(interrupted) interrupted" : ""),
    ]
    lines += failures.map { "  \($0.count) x \($0.kind): \($0.example)" }
    lines.append(
      String(
        format: "%.2f requests/s, %.1f prompt tokens/s (%d of %d cached), %.1f answer tokens/s", requestsPerSecond,
        promptTokensPerSecond, cachedTokens, promptTokens, answerTokensPerSecond))
    if !promptTokensMeasured { lines.append("the server counts no prompt tokens: a word was taken for one") }
    lines.append("tokens of answers counted by: \(tokensCountedBy)")
    lines += table
    if let goodput { lines.append(Self.line(goodput)) }
    return lines
  }

  private var table: [String] {
    var table = TextTable(head: ["milliseconds", "mean", "p50", "p90", "p95", "p99", "greatest"])
    let rows = [
      ("time to first token", timeToFirstToken), ("inter-token latency", interTokenLatency),
      ("time per output token", timePerOutputToken), ("end to end", endToEnd), ("sent late", sentLate),
    ]
    for (name, times) in rows {
      guard let times else { continue }
      let values = [times.mean, times.p50, times.p90, times.p95, times.p99, times.greatest]
      table.add([name] + values.map { String(format: "%.2f", 1000 * $0) })
    }
    return table.lines
  }

  private static func line(_ goodput: Goodput) -> String {
    let targets = [
      ("first token", goodput.targets.firstToken), ("token", goodput.targets.perToken),
      ("answer", goodput.targets.endToEnd),
    ].compactMap { name, seconds in seconds.map { "\(name) within \($0) s" } }
    return String(
      format: "goodput %.2f requests/s, %.1f answer tokens/s: ", goodput.requestsPerSecond,
      goodput.answerTokensPerSecond)
      + String(format: "%d requests, %.1f %%, kept ", goodput.requests, 100 * goodput.share)
      + targets.joined(separator: ", ")
  }
}
