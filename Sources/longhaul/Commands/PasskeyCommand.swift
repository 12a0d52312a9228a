import ArgumentParser
import Evaluation
import Foundation
import Core

/// `longhaul passkey`: retrieval of numbers hidden in long texts.
struct PasskeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "passkey",
    abstract: "Measures retrieval of numbers hidden in long texts, by length and depth.",
    discussion: """
      Runs the passkey task of the SelfExtend paper on a grid of lengths and depths, and a harder one with several \
      labeled keys of which the question asks for one. A length is prompt and completion together; a key is found when \
      the first number of the greedy completion is the key. The same seed gives the same questions for every policy \
      and number of workers.
      """)

  @OptionGroup var model: ModelOptions

  @Option(
    help: """
      Lengths in tokens, separated by commas. Default: 1, 2, 4 and 8 times the trained context, up to the longest \
      that the automatic policy admits.
      """)
  var lengths: NumberList?

  @Option(help: "Number of depths, spread evenly from the start of the text to its end.")
  var depths: Int = 5

  @Option(help: "Questions per length and depth.")
  var trials: Int = 4

  @OptionGroup var retrieval: RetrievalOptions
  @OptionGroup var options: MeasurementOptions

  func validate() throws {
    guard (1...100).contains(depths), (1...10_000).contains(trials) else {
      throw ValidationError("--depths must be between 1 and 100 and --trials between 1 and 10000")
    }
    if let lengths, !lengths.values.allSatisfy({ (1...Limits.maximumContext).contains($0) }) {
      throw ValidationError("--lengths must be between 1 and \(Limits.maximumContext)")
    }
  }

  func run() async throws {
    let measured = try MeasuredModel(model, options.policy, comparesPolicies: true)
    let trained = measured.configuration.trainedLength
    let request = measured.settings.request
    let longest = request.longestLength(trainedLength: trained)
    let lengths = lengths?.values ?? [1, 2, 4, 8].map { $0 * trained }.filter { $0 <= longest }
    let measurement = try RetrievalMeasurement(
      tasks: retrieval.tasks(isDemo: measured.isDemo),
      settings: options.policy.compared(policy: request, standard: [.automatic]), lengths: lengths,
      trialCount: trials, trainedLength: trained,
      questions: retrieval.questions(measured, depths: RetrievalQuestions.evenDepths(depths)))
    try measurement.check()
    let columns = try await measured.evaluate(
      longest: lengths.max() ?? 1, cases: measurement.cases.map(\.policy), options: options, title: "asking"
    ) { batch, bar in
      try await measurement.columns(through: batch) {
        bar.update(done: $0, total: measurement.requestCount)
      }
    }
    let report = PasskeyReport(
      model: measured.configuration.name, trainedLength: trained, seed: retrieval.seed, trials: trials,
      columns: columns)
    try StandardOutput.write(report, asJSON: options.json)
  }
}
