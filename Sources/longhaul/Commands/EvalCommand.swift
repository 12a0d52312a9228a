import ArgumentParser
import Evaluation
import Foundation
import Core
import Tokenization

/// `longhaul eval`: long-text benchmarks on a local cluster.
struct EvalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Runs and scores the tasks of a long-text benchmark.",
    subcommands: [LongBench.self, LEval.self, Ruler.self])

  struct LongBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "longbench", abstract: "LongBench: sixteen tasks in English and code.",
      discussion: """
        --data is a folder with LongBench's files (narrativeqa.jsonl etc.); tasks without a file are skipped. Prompts \
        longer than --context lose their middle. The built-in prompts are not the benchmark's own: pass its \
        dataset2prompt.json with --prompts to compare with published figures. Sampling is greedy.
        """)

    @OptionGroup var options: EvalOptions

    func run() async throws { try await options.evaluate(.longbench) }
  }

  struct LEval: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "leval", abstract: "L-Eval: its six closed tasks.",
      discussion: """
        --data is a folder with L-Eval's files of closed tasks (coursera.jsonl etc.); tasks without a file are \
        skipped. Documents longer than --context lose their end (codeU: their start). The built-in prompts are not \
        the benchmark's own: pass others with --prompts, a JSON object of templates with {context} for the document \
        and {input} for the question. Sampling is greedy.
        """)

    @OptionGroup var options: EvalOptions

    func run() async throws { try await options.evaluate(.leval) }
  }
}

/// Options of the benchmarks that have files.
struct EvalOptions: ParsableArguments {
  @OptionGroup var model: ModelOptions

  @Option(help: "The folder with the benchmark's .jsonl files.")
  var data: String

  @Option(help: "Tasks to run, separated by commas. Default: every task whose file exists.")
  var tasks: String?

  @Option(help: "Maximum questions per task, in file order.")
  var limit: Int?

  @Option(help: "A JSON file with prompt templates by task name, to replace the built-in ones.")
  var prompts: String?

  @Option(help: "Write every answer with its references and scores to this file, one JSON object per line.")
  var answers: String?

  @OptionGroup var options: MeasurementOptions

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
  }

  func evaluate(_ benchmark: Benchmark) async throws {
    let work = try readWork(benchmark)
    let measured = try MeasuredModel(model, options.policy)
    let (tokenizer, request) = (measured.tokenizer, measured.settings.request)
    let trained = measured.configuration.trainedLength
    let context = options.cache.plannedContext(trainedLength: trained, policy: request)
    let widest = try PolicyChoice.forLength(context, trainedLength: trained, request: request).policy
    let itemCount = work.reduce(0) { $0 + $1.1.count }
    let results = try await measured.evaluate(
      longest: context, cases: [widest], options: options, title: benchmark.rawValue
    ) { batch, bar in
      let run = BenchmarkRun(
        batch: batch, tokenizer: tokenizer, contextLength: context, trainedLength: trained, policy: request)
      var results: [BenchmarkResult] = []
      var finished = 0
      for (task, items) in work {
        results.append(
          try await run.result(of: task, items: items) { bar.update(done: finished + $0, total: itemCount) })
        finished += items.count
      }
      return results
    }
    if let answers { try EvalReport.write(results, to: answers) }
    let report = EvalReport(
      benchmark: benchmark.rawValue, model: measured.configuration.name, trainedLength: trained,
      contextLength: context, hasOwnPrompts: prompts != nil, results: results)
    try StandardOutput.write(report, asJSON: options.json)
  }

  /// Reads all files before any process starts.
  private func readWork(_ benchmark: Benchmark) throws -> [(BenchmarkTask, [BenchmarkItem])] {
    let files = BenchmarkFiles(folder: data, benchmark: benchmark)
    let names = tasks?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    var chosen = try files.tasks(wanted: names)
    if let prompts {
      chosen = try PromptTemplate.replacing(templatesOf: chosen, from: Data(try InputFile.bytes(prompts)))
    }
    return try chosen.map { ($0, try files.items(of: $0, limit: limit)) }
  }
}
