import ArgumentParser
import Cluster
import Coordinator
import Evaluation
import Foundation
import Core
import Tokenization
import Weights

/// `longhaul perplexity`: perplexity of a long text by length and policy.
struct PerplexityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perplexity",
    abstract: "Measures the perplexity of a long text at several lengths, with plain attention and SelfExtend.",
    discussion: """
      A window of N tokens slides over the text in steps of --stride tokens and scores only its last --stride tokens. \
      Windows of all lengths end at the same positions, so every length scores the same tokens. The standard error is \
      that of the windows' means. The number of workers does not change the result.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var text: LongTextOptions

  @Option(help: "Window lengths in tokens, separated by commas.")
  var lengths = NumberList([256, 512, 1024])

  @Option(name: [.long, .customLong("score")], help: "Tokens by which a window moves, and which it scores at its end.")
  var stride: Int = 128

  @Option(help: "Number of windows; 0 uses as many as fit the text.")
  var windows: Int = 16

  @OptionGroup var options: MeasurementOptions

  func validate() throws {
    guard lengths.values.allSatisfy({ (2...Limits.maximumContext).contains($0) }) else {
      throw ValidationError("--lengths must be between 2 and \(Limits.maximumContext)")
    }
    guard (1...Limits.maximumContext).contains(stride), (0...100_000).contains(windows) else {
      throw ValidationError("--stride must be at least 1 and --windows between 0 and 100000")
    }
  }

  func run() async throws {
    let measured = try MeasuredModel(model, options.policy, comparesPolicies: true)
    let tokens = try text.tokens(measured)
    let longest = lengths.values.max() ?? 2
    let windows = try SlidingWindows(
      tokenCount: tokens.count, longestLength: longest, stride: stride, count: windows == 0 ? nil : windows)
    let measurement = try PerplexityMeasurement(
      tokens: tokens, windows: windows, lengths: lengths.values,
      settings: options.policy.compared(policy: measured.settings.request, standard: [.plain, .automatic]),
      trainedLength: measured.configuration.trainedLength)
    let rows = try await measured.evaluate(
      longest: longest, cases: measurement.cases.map(\.policy), options: options, title: "scoring"
    ) { batch, bar in
      try await measurement.rows(through: batch) {
        bar.update(done: $0, total: measurement.requestCount)
      }
    }
    let report = PerplexityReport(
      model: measured.configuration.name, trainedLength: measured.configuration.trainedLength, stride: stride,
      windows: windows.ends.count, rows: rows.map(PerplexityReport.Row.init))
    try StandardOutput.write(report, asJSON: options.json)
  }
}
