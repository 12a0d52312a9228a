import ArgumentParser
import Cluster
import Evaluation
import Foundation
import Inference
import Paging
import Weights

/// `longhaul verify-context`: what a model is worth up to a length, as a page to look at.
struct VerifyContextCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify-context",
    abstract: "Measures a model up to a length, plain and under SelfExtend, and makes a page with a plain verdict.",
    discussion: """
      Perplexity, hidden numbers, time and memory at lengths doubling up to --context. A length holds while perplexity \
      is at most 1.15 times that within the trained length (two standard errors of doubt allowed) and at least 80 % of \
      what is found within the trained length is still found; what the model does not find even there does not count.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var text: LongTextOptions

  @Option(help: "Write the page to this HTML file.")
  var report: String

  @Option(help: "Tokens a perplexity window moves by, and scores at its end.")
  var stride: Int = 128

  @Option(help: "Perplexity windows.")
  var windows: Int = 8

  @Option(help: "Depths of hidden numbers.")
  var depths: Int = 5

  @Option(help: "Questions for each length and depth.")
  var trials: Int = 4

  @OptionGroup var retrieval: RetrievalOptions
  @OptionGroup var cluster: LocalClusterOptions
  @OptionGroup var cache: CacheOptions
  @OptionGroup var policy: PolicyOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  /// `--context`, which `validate` asks for.
  private var context: Int { cache.context ?? 0 }

  func validate() throws {
    try cache.requireContext()
    guard context >= 16, (1...Limits.maximumContext).contains(stride) else {
      throw ValidationError("--context must be at least 16 and --stride at least 1")
    }
    guard (1...100_000).contains(windows), (1...100).contains(depths), (1...10_000).contains(trials) else {
      throw ValidationError("--windows, --depths and --trials must be at least 1")
    }
  }

  func run() async throws {
    let measured = try MeasuredModel(model, policy)
    let trained = measured.configuration.trainedLength
    let request = measured.settings.request
    // Refused before anything is started.
    _ = try PolicyChoice.forLength(context, trainedLength: trained, request: request)
    let lengths = ContextVerification.lengths(upTo: context, trainedLength: trained)
    let run = VerificationRun(
      lengths: lengths,
      policies: try lengths.map {
        let kept = PolicyRequest(
          groupSize: request.groupSize, neighborWindow: request.neighborWindow, keepsShortTextPlain: true)
        return try PolicyChoice.forLength($0, trainedLength: trained, request: kept).policy
      },
      tokens: try text.tokens(measured), stride: stride, windowCount: windows,
      tasks: try retrieval.tasks(isDemo: measured.isDemo),
      questions: try retrieval.questions(measured, depths: RetrievalQuestions.evenDepths(depths)),
      trialCount: trials)
    try run.check()
    let isQuiet = json
    let measurements = try await measured.evaluate(
      longest: context, cases: run.policies, cluster: cluster, cache: cache, isQuiet: json
    ) { batch in
      var bar = ProgressBar("verifying", isWanted: !isQuiet)
      defer { bar.clear() }
      return try await run.measure(through: batch) { bar.update(done: $0, total: run.requestCount) }
    }
    let verification = try verification(measured, run, measurements)
    let page = VerificationPage(verification, program: "longhaul \(BuildInfo.version)").html
    do {
      try Data(page.utf8).write(to: URL(fileURLWithPath: report), options: .atomic)
    } catch {
      throw CommandFailure(.runtime, "'\(report)' cannot be written: \(error.localizedDescription)")
    }
    let verdict = Verdict(verification)
    if json { return try StandardOutput.json(VerificationReport(verification, verdict, page: report)) }
    try StandardOutput.write(([verdict.headline] + verdict.reasons.map { "- \($0)" }).joined(separator: "\n") + "\n")
    try StandardOutput.write("page: \(report)\n")
  }

  private func verification(
    _ measured: MeasuredModel, _ run: VerificationRun, _ measurements: VerificationRun.Measurements
  ) throws -> ContextVerification {
    let footprint = try measured.checkpoint.footprint
    let geometry = KVGeometry(configuration: measured.configuration, elementType: cache.kvType)
    func cacheBytes(_ length: Int, _ policy: SelfExtendPolicy) -> Int {
      PageCount.of(tokens: length, policy: policy, chunkTokenCount: cache.maximumChunkTokenCount)
        * geometry.pageByteCount
        * measured.configuration.layerCount
    }
    let plain = SelfExtendPolicy(
      groupSize: 1, neighborWindow: 0, trainedLength: measured.configuration.trainedLength)
    return ContextVerification(
      model: measured.configuration.name, trainedLength: measured.configuration.trainedLength, contextLength: context,
      weightByteCount: footprint.layerByteCounts.reduce(0, +) + footprint.embeddingByteCount,
      workerCount: cluster.workers, seed: retrieval.seed, stride: stride,
      rows: run.lengths.indices.map { index in
        let (length, policy) = (run.lengths[index], run.policies[index])
        return .init(
          length: length, policy: policy, perplexity: measurements.perplexity[index],
          plainPerplexity: measurements.plainPerplexity[index], seconds: measurements.seconds[index],
          plainSeconds: measurements.plainSeconds[index], cacheByteCount: cacheBytes(length, policy),
          plainCacheByteCount: cacheBytes(length, plain ?? policy))
      }, heatMaps: measurements.heatMaps)
  }
}

/// What `verify-context --json` prints.
struct VerificationReport: Encodable {
  struct Row: Encodable {
    let length: Int
    let policy: PolicyReport
    let perplexity: Double
    let perplexityError: Double?
    let plainPerplexity: Double
    let seconds: Double
    let plainSeconds: Double
    let kvBytes: Int
  }

  struct HeatMap: Encodable {
    let task: String
    let plain: Bool
    let depths: [Double]
    let lengths: [Int]
    /// By length, then depth.
    let found: [[Int]]
    let trials: Int
  }

  let model: String
  let trainedLength: Int
  let contextLength: Int
  let trustedLength: Int?
  let verdict: String
  let reasons: [String]
  let rows: [Row]
  let heatMaps: [HeatMap]
  let page: String

  init(_ verification: ContextVerification, _ verdict: Verdict, page: String) {
    (model, trainedLength) = (verification.model, verification.trainedLength)
    (contextLength, trustedLength) = (verification.contextLength, verdict.trustedLength)
    (self.verdict, reasons, self.page) = (verdict.headline, verdict.reasons, page)
    rows = verification.rows.map {
      Row(
        length: $0.length, policy: PolicyReport($0.policy), perplexity: $0.perplexity.perplexity,
        perplexityError: $0.perplexity.standardError, plainPerplexity: $0.plainPerplexity.perplexity,
        seconds: $0.seconds, plainSeconds: $0.plainSeconds, kvBytes: $0.cacheByteCount)
    }
    heatMaps = verification.heatMaps.map { map in
      HeatMap(
        task: map.title, plain: map.isPlain, depths: map.depths, lengths: map.lengths,
        found: map.shares.map { $0.map(\.successCount) }, trials: map.shares.first?.first?.trialCount ?? 0)
    }
  }
}
