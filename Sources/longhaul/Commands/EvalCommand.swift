import ArgumentParser
import Evaluation
import Foundation
import Inference
import Tokenization

/// `longhaul eval`: long-text benchmarks through the local cluster.
struct EvalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Answers and marks the tasks of a long-text benchmark.",
    subcommands: [LongBench.self, LEval.self])

  struct LongBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "longbench", abstract: "LongBench: sixteen tasks in English and code.",
      discussion: """
        --data is a folder with LongBench's files, narrativeqa.jsonl and so on; tasks without a file are left out. \
        Prompts that do not fit --context lose their middle. The built-in prompts are not the benchmark's own: give \
        its dataset2prompt.json with --prompts to compare with published figures. Answers are greedy.
        """)

    @OptionGroup var options: EvalOptions

    func run() async throws { try await options.evaluate(.longbench) }
  }

  struct LEval: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "leval", abstract: "L-Eval: its six closed tasks.",
      discussion: """
        --data is a folder with L-Eval's files of closed tasks, coursera.jsonl and so on; tasks without a file are \
        left out. Documents that do not fit --context lose their end (codeU: their beginning). The built-in prompts \
        are not the benchmark's own: give yours with --prompts, a JSON object of templates with {context} for the \
        document and {input} for the question. Answers are greedy.
        """)

    @OptionGroup var options: EvalOptions

    func run() async throws { try await options.evaluate(.leval) }
  }
}

/// What both benchmarks take.
struct EvalOptions: ParsableArguments {
  @OptionGroup var model: ModelOptions

  @Option(help: "The folder with the benchmark's .jsonl files.")
  var data: String

  @Option(help: "Tasks to run, separated by commas. Default: all whose file is there.")
  var tasks: String?

  @Option(help: "Questions of each task at most, the file's first.")
  var limit: Int?

  @Option(help: "A JSON object of task names and prompt templates, to be used in place of the built-in ones.")
  var prompts: String?

  @Option(help: "Write every answer with its references and marks to this file, one JSON object a line.")
  var answers: String?

  @OptionGroup var cluster: LocalClusterOptions
  @OptionGroup var cache: CacheOptions
  @OptionGroup var policy: PolicyOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
  }

  func evaluate(_ benchmark: Benchmark) async throws {
    let work = try readWork(benchmark)
    let measured = try MeasuredModel(model, policy)
    let (tokenizer, request) = (measured.tokenizer, measured.settings.request)
    let trained = measured.configuration.trainedLength
    let context = cache.plannedContext(trainedLength: trained, policy: request)
    let widest = try PolicyChoice.forLength(context, trainedLength: trained, request: request).policy
    let isQuiet = json
    let results = try await measured.evaluate(
      longest: context, cases: [widest], cluster: cluster, cache: cache, isQuiet: isQuiet
    ) { batch in
      let run = BenchmarkRun(
        batch: batch, tokenizer: tokenizer, contextLength: context, trainedLength: trained, policy: request)
      var results: [BenchmarkResult] = []
      for (task, items) in work {
        var bar = ProgressBar(task.title, isWanted: !isQuiet)
        defer { bar.clear() }
        results.append(
          try await run.result(of: task, items: items) { bar.update(done: $0, total: items.count) })
      }
      return results
    }
    if let answers { try EvalReport.write(results, to: answers) }
    let report = EvalReport(
      benchmark: benchmark.rawValue, model: measured.configuration.name, trainedLength: trained,
      contextLength: context, hasOwnPrompts: prompts != nil, results: results)
    if json { return try StandardOutput.json(report) }
    try StandardOutput.write(report.lines.joined(separator: "\n") + "\n")
  }

  /// Everything that can be wrong with the files is found before a process is started.
  private func readWork(_ benchmark: Benchmark) throws -> [(BenchmarkTask, [BenchmarkItem])] {
    let files = BenchmarkFiles(folder: data, benchmark: benchmark)
    let names = tasks?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    var chosen = try files.tasks(wanted: names)
    if let prompts {
      chosen = try PromptTemplate.replacing(templatesOf: chosen, from: Data(try PromptOptions.read(prompts)))
    }
    return try chosen.map { ($0, try files.items(of: $0, limit: limit)) }
  }
}
