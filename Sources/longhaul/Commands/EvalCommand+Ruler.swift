import ArgumentParser
import Core
import Evaluation

extension EvalCommand {
  /// `longhaul eval ruler`: RULER's tasks by length.
  struct Ruler: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ruler", abstract: "RULER: thirteen tasks at any length, made from a seed.",
      discussion: """
        Needles in a haystack (niah_single_1 to 3, niah_multikey_1 to 3, niah_multivalue, niah_multiquery), variable \
        tracking (vt), common and frequent words (cwe, fwe), and questions of SQuAD and HotpotQA among other \
        documents (qa_1, qa_2), whose files you pass. Counts, answer lengths and scores are RULER's \
        (arXiv 2404.06654); words, wording and haystack are not, so compare policies and lengths with each other, not \
        with the paper to the digit. A length is prompt and answer together, to the token. The same seed gives the \
        same prompts for every policy and number of workers. The effective length is the highest whose average is at \
        least --threshold.
        """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var ruler: RulerOptions
    @OptionGroup var options: MeasurementOptions

    func run() async throws {
      let measured = try MeasuredModel(model, options.policy, comparesPolicies: true)
      let trained = measured.configuration.trainedLength
      let request = measured.settings.request
      let lengths =
        ruler.lengths.map { Set($0.values).sorted() }
        ?? RulerOptions.standardLengths(
          longest: request.longestLength(trainedLength: trained))
      let (tasks, omitted) = try ruler.chosenTasks()
      let frame = try ruler.frame(measured)
      let measurement = try RulerMeasurement(
        tasks: tasks, settings: options.policy.compared(policy: request, standard: [.automatic]), lengths: lengths,
        sampleCount: ruler.samples, trainedLength: trained, tokenizer: measured.tokenizer,
        builder: ruler.builder(measured, frame: frame, tasks: tasks))
      try measurement.check()
      // What cannot be written is said before hours of work.
      if let answers = ruler.answers { try RulerReport.write([], to: answers) }
      let cells = try await measured.evaluate(
        longest: measurement.cases.map(\.length).max() ?? 1, cases: measurement.cases.map(\.policy), options: options,
        title: "ruler"
      ) { batch, bar in
        try await measurement.cells(through: batch) { bar.update(done: $0, total: measurement.requestCount) }
      }
      let report = RulerReport(
        model: measured.configuration.name, trainedLength: trained, seed: ruler.seed, samples: ruler.samples,
        threshold: ruler.threshold, usesChatTemplate: frame != .none, omittedTasks: omitted,
        tables: RulerTable.tables(cells))
      try StandardOutput.write(report, asJSON: options.json)
      if let answers = ruler.answers { try RulerReport.write(cells, to: answers) }
    }
  }
}
