import Evaluation
import Foundation
import Core
import Tokenization
import Weights

/// A model with its tokenizer and settings, and the local cluster that measures it.
struct MeasuredModel {
  let checkpoint: Checkpoint
  let path: String
  let settings: PolicyFile
  let configuration: ModelConfiguration
  let tokenizer: Tokenizer

  /// - Parameter comparesPolicies: whether the command takes several.
  init(_ model: ModelOptions, _ policy: PolicyOptions, comparesPolicies: Bool = false) throws {
    settings = try policy.settings(compares: comparesPolicies)
    checkpoint = try model.open(rope: settings.rope)
    path = try model.path()
    configuration = settings.applied(to: try checkpoint.configuration)
    tokenizer = try Tokenizer(ModelOptions.tokenizer(of: checkpoint))
  }

  /// Whether this is the demo model, whose defaults differ.
  var isDemo: Bool { configuration.name == DemoModel.name }

  /// The text of a file, or the demo model's own text for the demo model.
  /// - Throws: a `CommandFailure` naming the file or the option.
  static func text(file: String?, whose model: MeasuredModel, option: String) throws -> String {
    guard let path = file ?? (model.isDemo ? DemoModel.textPath() : nil) else {
      throw CommandFailure(.usage, "pass a long text with \(option); only the demo model has a bundled text")
    }
    return try InputFile.text(path)
  }

  /// Starts a local cluster that can hold every case and runs `body` on its engine.
  /// - Parameters:
  ///   - longest: maximum tokens of prompt and completion together.
  ///   - cases: the policies that requests will use.
  ///   - title: of the progress bar that `body` updates.
  func evaluate<Result: Sendable>(
    longest: Int, cases: [PositionPolicy], options: MeasurementOptions, title: String,
    body: @escaping @Sendable (EngineBatch, inout ProgressBar) async throws -> Result
  ) async throws -> Result {
    let (cluster, cache, isQuiet) = (options.cluster, options.cache, options.quiet)
    // The widest window of any case with a ring, so that the plan fits each.
    let window = cases.filter(\.hasNeighborKeys).map(\.neighborWindow).max()
    let policy = window.map { PolicyRequest(groupSize: 2, neighborWindow: $0) } ?? PolicyRequest(groupSize: 1)
    let sequences = cluster.workers
    return try await LocalCluster.run(
      checkpoint: checkpoint, configuration: configuration, modelPath: path,
      demand: cache.demand(
        contextLength: max(longest, cache.context ?? 0), sequenceCount: sequences, policy: policy),
      options: cluster, isQuiet: isQuiet
    ) { cluster in
      var bar = ProgressBar(title, isWanted: !isQuiet, elsewhere: .lines)
      defer { bar.clear() }
      return try await body(EngineBatch(engine: cluster.engine, concurrency: sequences), &bar)
    }
  }
}
