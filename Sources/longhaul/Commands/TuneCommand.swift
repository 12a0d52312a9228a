import ArgumentParser
import Evaluation
import Foundation
import Inference

/// `longhaul tune`: which group size and window serve a model best at a length, by measuring.
struct TuneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Tries group sizes and windows on a text and on hidden numbers, and says which serve a length best.",
    discussion: """
      In rounds, every candidate gets the same windows of the text and the same questions; what is worse by more than \
      three standard errors of the paired difference is dropped. Finding numbers counts before predicting text. What \
      cannot be told apart is named, and where the automatic policy is among it, nothing need be set. With --trials \
      alone the same seed gives the same result on every machine; --budget stops the clock wherever it is.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var text: LongTextOptions

  @Option(help: "Minutes at most. Default: 10, or no limit where --trials is given.")
  var budget: Double?

  @Option(help: "Requests at most, windows and questions together.")
  var trials: Int?

  @Option(help: "Tokens scored at the end of each window.")
  var stride: Int = 128

  @Option(
    name: .customLong("candidates"), help: "Policies to try, separated by commas as GxW. Default: a grid around L/4.")
  var given: PolicySettingList?

  @Option(help: "Write the recommended policy to this file, which --config of run and serve reads.")
  var write: String?

  @OptionGroup var retrieval: RetrievalOptions
  @OptionGroup var cluster: LocalClusterOptions
  @OptionGroup var cache: CacheOptions
  @OptionGroup var policy: PolicyOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  private static let windowsPerBlock = 4
  private static let depths = [0.1, 0.5, 0.9]

  /// `--context`, which `validate` asks for.
  private var context: Int { cache.context ?? 0 }

  func validate() throws {
    try cache.requireContext()
    guard (1...Limits.maximumContext).contains(stride), (trials ?? 1) >= 1 else {
      throw ValidationError("--stride and --trials must be at least 1")
    }
    if let budget, !(budget > 0 && budget < 100_000) {
      throw ValidationError("--budget must be a number of minutes above 0")
    }
  }

  func run() async throws {
    let measured = try MeasuredModel(model, policy)
    let trained = measured.configuration.trainedLength
    guard context > trained else {
      throw CommandFailure(
        .usage,
        "\(context) tokens are within the trained length of \(trained): attention is plain there, and there is "
          + "nothing to tune")
    }
    let candidates = try candidates(trainedLength: trained)
    let tokens = try text.tokens(measured)
    let windows = try SlidingWindows(
      tokenCount: tokens.count, longestLength: context, stride: stride, count: nil)
    let measurement = TuningMeasurement(
      tokens: tokens, windows: windows, windowsPerBlock: min(Self.windowsPerBlock, windows.ends.count),
      tasks: try retrieval.tasks(isDemo: measured.isDemo),
      questions: try retrieval.questions(measured, depths: Self.depths))
    try measurement.check()
    let sweep = TuningSweep(
      candidates: candidates,
      limits: .init(
        blockCount: measurement.blockCount, requestCount: trials,
        seconds: (budget ?? (trials == nil ? 10 : nil)).map { $0 * 60 }))
    let isQuiet = json
    let finished = try await measured.evaluate(
      longest: context, cases: candidates, cluster: cluster, cache: cache, isQuiet: json
    ) { batch in
      let started = ContinuousClock.now
      var bar = ProgressBar("tuning", isWanted: !isQuiet)
      defer { bar.clear() }
      return try await measurement.finish(
        sweep, through: batch, elapsed: { (ContinuousClock.now - started).inSeconds },
        progress: { sweep in
          let share = sweep.progress(elapsed: (ContinuousClock.now - started).inSeconds)
          bar.update(done: Int(share * 100), total: 100)
        })
    }
    let automatic = try? PolicyChoice.forLength(context, trainedLength: trained).policy
    let report = TuningReport(
      model: measured.configuration.name, context: context, sweep: finished, automatic: automatic,
      seed: retrieval.seed)
    if let write, let chosen = report.recommended { try writeChoice(chosen, report, to: write, trained: trained) }
    if json { return try StandardOutput.json(report) }
    try StandardOutput.write(report.lines.joined(separator: "\n") + "\n")
    if let write { try StandardOutput.write("written to \(write)\n") }
  }

  private func candidates(trainedLength: Int) throws -> [SelfExtendPolicy] {
    let candidates =
      try given.map { list in
        try list.values.map {
          try PolicyChoice.forLength(context, trainedLength: trainedLength, request: $0.request).policy
        }
      } ?? TuningCandidates.list(length: context, trainedLength: trainedLength)
    guard !candidates.isEmpty else {
      throw CommandFailure(
        .usage,
        "no group size up to \(Limits.maximumAutomaticGroupSize) brings \(context) tokens within the trained "
          + "length of \(trainedLength); name policies with --candidates")
    }
    return candidates
  }

  private func writeChoice(
    _ policy: SelfExtendPolicy, _ report: TuningReport, to path: String, trained: Int
  ) throws {
    let file = PolicyFile(
      groupSize: policy.groupSize, neighborWindow: policy.neighborWindow,
      trainedLength: self.policy.window.trainedLength.map { _ in trained })
    try file.write(
      to: path,
      comments: ["longhaul tune: \(report.model) at \(context) tokens, \(report.rounds) rounds"] + report.advice)
  }
}

/// What `tune --json` prints.
struct TuningReport: Encodable {
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

    init(_ entry: TuningRanking.Entry, automatic: SelfExtendPolicy?) {
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
  private let recommendedPolicy: SelfExtendPolicy?

  private enum CodingKeys: CodingKey {
    case model, contextLength, seed, rounds, ranked, automatic, recommendation, advice
  }

  init(model: String, context: Int, sweep: TuningSweep, automatic: SelfExtendPolicy?, seed: UInt64) {
    let ranking = TuningRanking(sweep.candidates)
    let recommendation = ranking.recommendation(automatic: automatic)
    (self.model, contextLength, self.seed) = (model, context, seed)
    rounds = sweep.roundCount
    ranked = ranking.ranked.map { Entry($0, automatic: automatic) }
    self.automatic = automatic.map(PolicyReport.init)
    self.recommendation = (recommendation?.policy).map(PolicyReport.init)
    recommendedPolicy = recommendation?.policy
    let silence = "No number was found under any policy, so the ranking is by perplexity alone."
    advice = (recommendation?.sentences ?? []) + (ranking.retrievalSays ? [] : [silence])
  }

  var recommended: SelfExtendPolicy? { recommendedPolicy }

  var lines: [String] {
    var table = TextTable(head: ["GxW", "found", "perplexity", "loss above the best", ""])
    for (index, entry) in ranked.enumerated() {
      let error = entry.perplexityError.map { String(format: " ±%.2f", $0) } ?? ""
      let lossError = entry.lossAboveWinnerError.map { String(format: " ±%.4f", $0) } ?? ""
      let note = entry.droppedAfterRound.map { "dropped after round \($0)" } ?? (entry.isTied ? "tied" : "")
      table.add([
        "\(entry.policy.groupSize)x\(entry.policy.neighborWindow)", "\(entry.found)/\(entry.questions)",
        String(format: "%.2f", entry.perplexity) + error,
        index == 0 ? "" : String(format: "%.4f", entry.lossAboveWinner) + lossError,
        (entry.isAutomatic ? "automatic " : "") + note,
      ])
    }
    return ["\(model) at \(contextLength) tokens, \(rounds) rounds, best first"] + table.lines + [""] + advice
  }
}
