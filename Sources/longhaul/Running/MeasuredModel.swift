import Evaluation
import Foundation
import Inference
import Tokenization
import Weights

/// A model with all that a measuring command needs of it, and the way to a cluster that runs it.
struct MeasuredModel {
  let checkpoint: Checkpoint
  let path: String
  let settings: PolicyFile
  let configuration: ModelConfiguration
  let tokenizer: Tokenizer

  init(_ model: ModelOptions, _ policy: PolicyOptions) throws {
    checkpoint = try model.open()
    path = try model.path()
    settings = try policy.settings()
    configuration = settings.applied(to: try checkpoint.configuration)
    tokenizer = try Tokenizer(checkpoint.tokenizer)
  }

  /// Whether this is the demo model, wherever its file lies: some defaults are in its words.
  var isDemo: Bool { configuration.name == DemoModel.name }

  /// The text of a file, or the demo model's own text for the demo model.
  /// - Throws: a `CommandFailure` naming the file or the option.
  static func text(file: String?, whose model: MeasuredModel, option: String) throws -> String {
    guard let path = file ?? (model.isDemo ? DemoModel.textPath() : nil) else {
      throw CommandFailure(.usage, "give a long text with \(option); only the demo model brings one with it")
    }
    let bytes = try PromptOptions.read(path)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandFailure(.usage, "'\(path)' is not UTF-8 text")
    }
    return text
  }

  /// Starts a local cluster that can hold every case, and hands `body` the way to its engine.
  /// - Parameters:
  ///   - longest: the most tokens of prompt and answer together.
  ///   - cases: the policies that requests will ask for.
  func evaluate<Result: Sendable>(
    longest: Int, cases: [SelfExtendPolicy], cluster: LocalClusterOptions, cache: CacheOptions, isQuiet: Bool,
    body: @escaping @Sendable (EngineBatch) async throws -> Result
  ) async throws -> Result {
    // The widest window of any grouping case, so that the cache is planned for each.
    let window = cases.filter(\.groups).map(\.neighborWindow).max()
    let policy = window.map { PolicyRequest(groupSize: 2, neighborWindow: $0) } ?? PolicyRequest(groupSize: 1)
    let sequences = cluster.workers
    return try await LocalCluster.run(
      checkpoint: checkpoint, configuration: configuration, modelPath: path,
      demand: cache.demand(
        contextLength: max(longest, cache.context ?? 0), sequenceCount: sequences, policy: policy),
      options: cluster, isQuiet: isQuiet
    ) { cluster in
      try await body(EngineBatch(engine: cluster.engine, concurrency: sequences))
    }
  }
}
