import ArgumentParser
import Cluster
import Coordinator
import Foundation
import Inference
import Tokenization
import Weights

/// `longhaul run`: one answer, on a local cluster of its own.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Answers one prompt on a local cluster that it starts itself.")

  @OptionGroup var model: ModelOptions
  @OptionGroup var prompt: PromptOptions
  @OptionGroup var cluster: LocalClusterOptions
  @OptionGroup var cache: CacheOptions
  @OptionGroup var policy: PolicyOptions
  @OptionGroup var sampling: SamplingOptions

  @Option(help: "New tokens at most.")
  var maxTokens: Int = 256

  @Flag(name: .customLong("ignore-eos"), help: "Go on after end tokens.")
  var ignoresEnd = false

  @Option(help: "Write the logits after the last prompt token to this file: raw little-endian float32.")
  var logits: String?

  @Flag(help: "Print one JSON object instead of the text.")
  var json = false

  @Flag(help: "Say on stderr which layers sat where and what it took.")
  var stats = false

  func validate() throws {
    guard (0...Limits.maximumContext).contains(maxTokens) else {
      throw ValidationError("--max-tokens must be between 0 and \(Limits.maximumContext)")
    }
  }

  func run() async throws {
    let checkpoint = try model.open()
    let settings = try policy.settings()
    let configuration = settings.applied(to: try checkpoint.configuration)
    // A tokenizer takes a while to be made: workers start meanwhile, unless the prompt says what they must hold.
    let preparation = Task { try prepare(checkpoint, configuration, settings) }
    var context = cache.context ?? 0
    if cache.context == nil { context = try await preparation.value.request.prompt.count + maxTokens }
    let showsText = !json
    let (report, last) = try await LocalCluster.run(
      checkpoint: checkpoint, configuration: configuration, modelPath: try model.path(),
      demand: cache.demand(contextLength: context, sequenceCount: 1, policy: settings.request), options: cluster,
      isQuiet: json
    ) { cluster in
      let (tokenizer, request) = try await preparation.value
      var answer = RunningAnswer(tokenizer: tokenizer, showsText: showsText)
      for try await event in try await cluster.engine.generate(request) { try answer.take(event) }
      return (
        try answer.report(model: configuration.name, prompt: request.prompt, cluster: cluster), answer.logits
      )
    }
    if let logits { try write(last, to: logits) }
    if json { try StandardOutput.json(report) } else if stats { say(report) }
  }

  private func prepare(
    _ checkpoint: Checkpoint, _ configuration: ModelConfiguration, _ settings: PolicyFile
  ) throws -> (tokenizer: Tokenizer?, request: GenerationRequest) {
    let tokenizer = try readTokenizer(checkpoint)
    let tokens = try prompt.tokens { try tokenizer ?? Tokenizer(checkpoint.tokenizer) }
    let choice = try PolicyChoice.forLength(
      tokens.count + maxTokens, trainedLength: configuration.trainedLength, request: settings.request)
    if let warning = choice.warning { StandardError.line("longhaul: warning: \(warning)") }
    var request = GenerationRequest(prompt: tokens, maximumNewTokens: maxTokens)
    request.sampling = sampling.parameters()
    request.policy = settings.request
    request.stopTokens = ignoresEnd ? [] : tokenizer?.endTokens ?? []
    request.wantsPromptLogits = logits != nil
    return (tokenizer, request)
  }

  /// Nil when the prompt is ids and the file has no tokenizer: then the answer is ids, too.
  private func readTokenizer(_ checkpoint: Checkpoint) throws -> Tokenizer? {
    do {
      return try Tokenizer(checkpoint.tokenizer)
    } catch {
      guard prompt.tokenIds != nil else { throw error }
      return nil
    }
  }

  private func write(_ logits: [Float], to path: String) throws {
    let bytes = logits.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) }
    do {
      try bytes.write(to: URL(fileURLWithPath: path))
    } catch {
      throw CommandFailure(.runtime, "the logits cannot be written to '\(path)': \(error.localizedDescription)")
    }
  }

  private func say(_ report: RunReport) {
    for stage in report.plan { StandardError.line(stage.line) }
    let policy = report.policy
    StandardError.line(
      policy.groupSize == 1
        ? "policy: plain attention, trained length \(policy.trainedLength)"
        : "policy: SelfExtend with group size \(policy.groupSize), neighbor window \(policy.neighborWindow), trained "
          + "length \(policy.trainedLength)")
    let timings = report.timings
    StandardError.line(
      String(
        format: "prompt %d tokens in %.2f s (%.1f/s), answer %d tokens in %.2f s (%.1f/s), loaded in %.2f s",
        report.promptTokens.count, timings.prefillSeconds, timings.prefillTokensPerSecond, report.tokens.count,
        timings.decodeSeconds, timings.decodeTokensPerSecond, timings.loadSeconds))
  }
}

/// The answer as it arrives: shown at once, kept for the report.
private struct RunningAnswer {
  private var detokenizer: StreamingDetokenizer?
  private var text = ""
  private var tokens: [TokenID] = []
  private var policy: SelfExtendPolicy?
  private var finish: (reason: FinishReason, timings: GenerationTimings)?
  private(set) var logits: [Float] = []
  private var bar: ProgressBar
  private let showsText: Bool

  init(tokenizer: Tokenizer?, showsText: Bool) {
    detokenizer = tokenizer.map { StreamingDetokenizer($0, continuing: true) }
    bar = ProgressBar("reading the prompt", isWanted: showsText)
    self.showsText = showsText
  }

  mutating func take(_ event: GenerationEvent) throws {
    switch event {
    case .admitted(let choice): policy = choice.policy
    case .prefillProgress(let done, let total):
      bar.update(done: done, total: total)
      if done == total { bar.clear() }
    case .promptLogprobs: break
    case .promptLogits(let row): logits = row
    case .token(let token, _, _):
      tokens.append(token)
      try show(detokenizer?.append(token) ?? "")
    case .finished(let reason, let timings):
      try show(detokenizer?.finish() ?? "")
      if showsText { try StandardOutput.write(detokenizer == nil ? "\(tokens)\n" : "\n") }
      finish = (reason, timings)
    }
  }

  private mutating func show(_ piece: String) throws {
    guard !piece.isEmpty else { return }
    text += piece
    if showsText { try StandardOutput.write(piece) }
  }

  func report(model: String, prompt: [TokenID], cluster: LocalCluster) throws -> RunReport {
    guard let policy, let finish else { throw EngineError.failed("the answer ended before its end was told") }
    return RunReport(
      model: model, text: text, tokens: tokens, promptTokens: prompt, finishReason: finish.reason.rawValue,
      policy: PolicyReport(policy), plan: cluster.plan.stages.map(StageReport.init),
      timings: RunReport.Timings(loadSeconds: cluster.loadSeconds, finish.timings))
  }
}
