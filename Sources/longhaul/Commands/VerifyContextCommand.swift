import ArgumentParser
import Cluster
import Evaluation
import Foundation
import Core
import Paging
import Transformer
import Weights

/// `longhaul verify-context`: how well a model works up to a context length, as an HTML page.
struct VerifyContextCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify-context",
    abstract:
      "Measures a model up to a context length, compares methods there, and writes a page with a verdict.",
    discussion: """
      Measures perplexity, retrieval, time and memory at lengths that double up to --context. A length passes when its \
      perplexity is at most 1.15 times that within the trained context (with two standard errors of tolerance) and its \
      retrieval is at least 80 % of that within the trained context. Retrieval tasks that fail even there do not count.

      At --context itself, policies are compared on the same windows and questions: plain attention, the policy that \
      is verified, and every other method that reads so far. --policy with several names them, the first being the one \
      that is verified; with one, nothing else is compared. The page says which won and whether that could be chance.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var text: LongTextOptions

  @Option(help: "The HTML file to write.")
  var report: String

  @Option(help: "Tokens by which a perplexity window moves, and which it scores at its end.")
  var stride: Int = 128

  @Option(help: "Number of perplexity windows.")
  var windows: Int = 8

  @Option(help: "Number of depths of hidden numbers.")
  var depths: Int = 5

  @Option(help: "Questions per length and depth.")
  var trials: Int = 4

  @OptionGroup var retrieval: RetrievalOptions
  @OptionGroup var options: MeasurementOptions

  /// `--context`, which `validate` requires.
  private var context: Int { options.cache.context ?? 0 }

  func validate() throws {
    try options.cache.requireContext()
    guard context >= 16, (1...Limits.maximumContext).contains(stride) else {
      throw ValidationError("--context must be at least 16 and --stride at least 1")
    }
    guard (1...100_000).contains(windows), (1...100).contains(depths), (1...10_000).contains(trials) else {
      throw ValidationError("--windows, --depths and --trials must be at least 1")
    }
  }

  func run() async throws {
    let measured = try MeasuredModel(model, options.policy, comparesPolicies: true)
    let trained = measured.configuration.trainedLength
    let named = options.policy.policies?.values.map(\.request)
    let request = named?.first ?? measured.settings.request
    // Throws before any process starts.
    _ = try PolicyChoice.forLength(context, trainedLength: trained, request: request)
    let lengths = ContextVerification.lengths(upTo: context, trainedLength: trained)
    let run = VerificationRun(
      lengths: lengths,
      policies: try lengths.map {
        var kept = request
        kept.keepsShortTextPlain = true
        return try PolicyChoice.forLength($0, trainedLength: trained, request: kept).policy
      },
      rivals: try rivals(named, of: request, trainedLength: trained),
      tokens: try text.tokens(measured), stride: stride, windowCount: windows,
      tasks: try retrieval.tasks(isDemo: measured.isDemo),
      questions: try retrieval.questions(measured, depths: RetrievalQuestions.evenDepths(depths)),
      trialCount: trials)
    try run.check()
    let measurements = try await measured.evaluate(
      longest: context, cases: run.policies + run.rivals, options: options, title: "verifying"
    ) { batch, bar in
      try await run.measure(through: batch) { bar.update(done: $0, total: run.requestCount) }
    }
    let verification = try verification(measured, run, measurements)
    let page = VerificationPage(verification, program: "longhaul \(BuildInfo.version)").html
    try OutputFile.write(page.utf8, to: report)
    try StandardOutput.write(
      VerifyContextReport(verification, Verdict(verification), page: report), asJSON: options.json)
  }

  private func verification(
    _ measured: MeasuredModel, _ run: VerificationRun, _ measurements: VerificationRun.Measurements
  ) throws -> ContextVerification {
    let footprint = try measured.checkpoint.footprint
    let pageSize = CPUDevice.pageSize(of: options.cache.kvType)
    let pageByteCount = measured.configuration.layers.reduce(0) { $0 + pageSize.byteCount($1.attention) }
    func cacheBytes(_ length: Int, _ policy: PositionPolicy) -> Int {
      PageCount.of(tokens: length, policy: policy, chunkTokenCount: options.cache.maximumChunkTokenCount)
        * pageByteCount
    }
    let plain = PositionPolicy.plain(trainedLength: measured.configuration.trainedLength)
    return ContextVerification(
      model: measured.configuration.name, trainedLength: measured.configuration.trainedLength, contextLength: context,
      weightByteCount: footprint.layerByteCount + footprint.embeddingByteCount,
      workerCount: options.cluster.workers, seed: retrieval.seed, stride: stride,
      rows: run.lengths.indices.map { index in
        let (length, policy) = (run.lengths[index], run.policies[index])
        return .init(
          length: length, policy: policy, perplexity: measurements.perplexity[index],
          plainPerplexity: measurements.plainPerplexity[index], seconds: measurements.seconds[index],
          plainSeconds: measurements.plainSeconds[index], cacheByteCount: cacheBytes(length, policy),
          plainCacheByteCount: cacheBytes(length, plain))
      }, heatMaps: measurements.heatMaps, comparison: measurements.comparison)
  }

  /// The policies to compare with the one that is verified: those that were named after it; without names, what each
  /// other method that reads so far gives.
  private func rivals(
    _ named: [PolicyRequest]?, of request: PolicyRequest, trainedLength: Int
  ) throws -> [PositionPolicy] {
    func policy(_ request: PolicyRequest) throws -> PositionPolicy {
      try PolicyChoice.forLength(context, trainedLength: trainedLength, request: request).policy
    }
    if let named { return try named.dropFirst().map(policy) }
    return PositionMethod.allCases.filter { $0 != request.method && $0.readsBeyondTraining }
      .compactMap { try? policy(PolicyRequest($0)) }
  }
}
