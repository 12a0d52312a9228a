import ArgumentParser
import Evaluation
import Foundation
import Core

/// `longhaul tune`: measures which group size and window suit a model best at a context length.
struct TuneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Measures group sizes, windows and methods on a text and on hidden numbers, and recommends a policy.",
    discussion: """
      In each round, every candidate gets the same windows of the text and the same questions; a candidate worse by \
      more than three standard errors of the paired difference is dropped. Retrieval ranks before perplexity. \
      Statistical ties are listed; if the automatic policy is one of them, no setting is needed. With --trials alone, \
      the same seed gives the same result on every machine; --budget ends the run by time.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var text: LongTextOptions

  @Option(help: "Time limit in minutes. Default: 10, or none with --trials.")
  var budget: Double?

  @Option(help: "Maximum requests, windows and questions together.")
  var trials: Int?

  @Option(help: "Tokens scored at the end of each window.")
  var stride: Int = 128

  @Option(
    name: .customLong("candidates"),
    help: """
      Policies to try, as --policy takes them, separated by commas. Default: a grid around a quarter of the trained \
      context.
      """, transform: PolicySettingList.parse)
  var given: PolicySettingList?

  @Option(
    help: """
      Methods whose policies to try, separated by commas: self-extend, rerope, jet-long, self; or all.
      """, transform: Self.methods)
  var methods: [PositionMethod] = [.selfExtend]

  @Option(help: "Write the recommended policy to this file, for --config of run and serve.")
  var write: String?

  @OptionGroup var retrieval: RetrievalOptions
  @OptionGroup var options: MeasurementOptions

  private static let windowsPerBlock = 4
  private static let depths = [0.1, 0.5, 0.9]

  /// `--context`, which `validate` requires.
  private var context: Int { options.cache.context ?? 0 }

  func validate() throws {
    try options.cache.requireContext()
    guard (1...Limits.maximumContext).contains(stride), (trials ?? 1) >= 1 else {
      throw ValidationError("--stride and --trials must be at least 1")
    }
    if let budget, !(budget > 0 && budget < 100_000) {
      throw ValidationError("--budget must be a number of minutes above 0")
    }
  }

  func run() async throws {
    let measured = try MeasuredModel(model, options.policy, comparesPolicies: true)
    let trained = measured.configuration.trainedLength
    guard context > trained else {
      throw CommandFailure(
        .usage,
        "\(context) tokens are within the trained context of \(trained): attention is plain there, and there is "
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
    let finished = try await measured.evaluate(
      longest: context, cases: candidates, options: options, title: "tuning"
    ) { batch, bar in
      let started = ContinuousClock.now
      return try await measurement.finish(
        sweep, through: batch, elapsed: { (ContinuousClock.now - started).inSeconds },
        progress: { sweep in
          let share = sweep.progress(elapsed: (ContinuousClock.now - started).inSeconds)
          bar.update(done: Int(share * 100), total: 100)
        })
    }
    let automatic = try? PolicyChoice.forLength(context, trainedLength: trained).policy
    let report = TuneReport(
      model: measured.configuration.name, context: context, sweep: finished, automatic: automatic,
      seed: retrieval.seed)
    if let write, let chosen = report.recommended { try writeChoice(chosen, report, to: write, trained: trained) }
    try StandardOutput.write(report, asJSON: options.json)
    if let write, !options.json { try StandardOutput.write("policy written to \(write)\n") }
  }

  private static func methods(_ argument: String) throws -> [PositionMethod] {
    let methods = PositionMethod.allCases.filter(\.readsBeyondTraining)
    if argument.lowercased() == "all" { return methods }
    return try argument.split(separator: ",", omittingEmptySubsequences: false).map { name in
      let method = PositionMethod(rawValue: name.lowercased())
      if let method, methods.contains(method) { return method }
      let known = methods.map(\.rawValue).joined(separator: ", ")
      throw ValidationError(
        method.map { "\($0.title) is for text within the trained context, and tune is for longer: take \(known)" }
          ?? "'\(name.prefix(40))' is no method; known are \(known)")
    }
  }

  private func candidates(trainedLength: Int) throws -> [PositionPolicy] {
    let candidates =
      try (given ?? options.policy.policies).map { list in
        try list.values.map {
          try PolicyChoice.forLength(context, trainedLength: trainedLength, request: $0.request).policy
        }
      } ?? TuningCandidates.list(length: context, trainedLength: trainedLength, methods: methods)
    guard !candidates.isEmpty else {
      throw CommandFailure(
        .usage,
        "no policy of \(methods.map(\.rawValue).joined(separator: ", ")) fits \(context) tokens into the "
          + "trained context of \(trainedLength); pass policies with --candidates")
    }
    return candidates
  }

  private func writeChoice(
    _ policy: PositionPolicy, _ report: TuneReport, to path: String, trained: Int
  ) throws {
    let file = PolicyFile(
      PolicyRequest(policy), trainedLength: options.policy.window.trainedLength.map { _ in trained })
    try file.write(
      to: path,
      comments: ["longhaul tune: \(report.model) at \(context) tokens, \(report.rounds) rounds"] + report.advice)
  }
}
