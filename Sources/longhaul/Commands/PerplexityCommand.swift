import ArgumentParser
import Cluster
import Coordinator
import Evaluation
import Foundation
import Inference
import Tokenization
import Weights

/// `longhaul perplexity`: how well the model predicts a long text, at several lengths and under several policies.
struct PerplexityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perplexity",
    abstract: "Measures the perplexity of a long text at several lengths, plain and under SelfExtend.",
    discussion: """
      A window of N tokens slides over the text in steps of --stride and scores its last --stride tokens only. Windows \
      of all lengths end at the same places, so that the same tokens are scored whatever N is. The standard error is \
      that of the windows' means. The work runs through a local cluster's workers; their number changes nothing.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var text: LongTextOptions

  @Option(help: "Window lengths in tokens, separated by commas.")
  var lengths = NumberList([256, 512, 1024])

  @OptionGroup var settings: PolicySettingOptions

  @Option(name: [.long, .customLong("score")], help: "Tokens a window moves by, and scores at its end.")
  var stride: Int = 128

  @Option(help: "Windows; 0 for as many as the text holds.")
  var windows: Int = 16

  @OptionGroup var cluster: LocalClusterOptions
  @OptionGroup var cache: CacheOptions
  @OptionGroup var policy: PolicyOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard lengths.values.allSatisfy({ (2...Limits.maximumContext).contains($0) }) else {
      throw ValidationError("--lengths must be between 2 and \(Limits.maximumContext)")
    }
    guard (1...Limits.maximumContext).contains(stride), (0...100_000).contains(windows) else {
      throw ValidationError("--stride must be at least 1 and --windows between 0 and 100000")
    }
  }

  func run() async throws {
    let measured = try MeasuredModel(model, policy)
    let tokens = try text.tokens(measured)
    let longest = lengths.values.max() ?? 2
    let windows = try SlidingWindows(
      tokenCount: tokens.count, longestLength: longest, stride: stride, count: windows == 0 ? nil : windows)
    let measurement = try PerplexityMeasurement(
      tokens: tokens, windows: windows, lengths: lengths.values,
      settings: settings.list(policy: measured.settings.request, standard: [.plain, .automatic]),
      trainedLength: measured.configuration.trainedLength)
    let isQuiet = json
    let rows = try await measured.evaluate(
      longest: longest, cases: measurement.cases.map(\.policy), cluster: cluster, cache: cache, isQuiet: json
    ) { batch in
      var bar = ProgressBar("scoring", isWanted: !isQuiet)
      defer { bar.clear() }
      return try await measurement.rows(through: batch) {
        bar.update(done: $0, total: measurement.requestCount)
      }
    }
    let report = PerplexityReport(
      model: measured.configuration.name, trainedLength: measured.configuration.trainedLength, stride: stride,
      windows: windows.ends.count, rows: rows.map(PerplexityReport.Row.init))
    if json { return try StandardOutput.json(report) }
    try StandardOutput.write(report.lines.joined(separator: "\n") + "\n")
  }
}

/// What `perplexity --json` prints.
struct PerplexityReport: Encodable {
  struct Row: Encodable {
    let length: Int
    /// `plain`, `auto` or `GxW`, as asked for.
    let asked: String
    let policy: PolicyReport
    /// Whether every relative position is below the trained length.
    let admits: Bool
    let scoredTokens: Int
    let perplexity: Double
    let standardError: Double?

    init(_ row: PerplexityMeasurement.Row) {
      length = row.length
      asked = row.setting.description
      policy = PolicyReport(row.policy)
      admits = row.length <= row.policy.longestLength
      scoredTokens = row.estimate.scoredTokenCount
      (perplexity, standardError) = (row.estimate.perplexity, row.estimate.standardError)
    }
  }

  let model: String
  let trainedLength: Int
  let stride: Int
  let windows: Int
  let rows: [Row]

  /// Lengths down, policies across: `8.97 ±0.41`, a star where positions beyond the trained ones are used.
  var lines: [String] {
    var asked: [String] = []
    var lengths: [Int] = []
    for row in rows {
      if !asked.contains(row.asked) { asked.append(row.asked) }
      if !lengths.contains(row.length) { lengths.append(row.length) }
    }
    var table = TextTable(head: ["length"] + asked)
    for length in lengths {
      table.add(
        ["\(length)"]
          + asked.map { name in
            guard let row = rows.first(where: { $0.length == length && $0.asked == name }) else { return "" }
            let error = row.standardError.map { String(format: " ±%.2f", $0) } ?? ""
            let policy = name == "auto" ? " (\(row.policy.groupSize)x\(row.policy.neighborWindow))" : ""
            return String(format: "%.2f", row.perplexity) + error + policy + (row.admits ? "" : " *")
          })
    }
    return [
      "\(model), trained at \(trainedLength)",
      "perplexity ± standard error of the last \(stride) tokens of \(windows) windows",
      "(GxW) is group size and neighbor window; auto is left out where it is plain; * where relative positions reach "
        + "beyond the trained length",
    ] + table.lines
  }
}
