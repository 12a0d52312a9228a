import ArgumentParser
import ChatTemplates
import Cluster
import Coordinator
import Foundation
import Core
import Tokenization
import Weights

/// `longhaul run`: completes one prompt on a local cluster.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Completes one prompt on a local cluster that it starts.")

  @OptionGroup var model: ModelOptions
  @OptionGroup var prompt: PromptOptions
  @OptionGroup var cluster: LocalClusterOptions
  @OptionGroup var cache: KVCacheOptions
  @OptionGroup var policy: PolicyOptions
  @OptionGroup var sampling: SamplingOptions
  @OptionGroup var constraint: ConstraintOptions
  @OptionGroup var template: ChatTemplateOptions

  @Flag(
    help: """
      Take the prompt for a user's message and render it with the chat template. Default for a model that has one.
      """)
  var chat = false

  @Flag(help: "Complete the prompt as it is, also with a model that has a chat template.")
  var raw = false

  @Option(help: "The system message before the prompt.")
  var system: String?

  @Option(help: "Maximum new tokens.")
  var maxTokens: Int = 256

  @Flag(name: .customLong("ignore-eos"), help: "Continue after end-of-sequence tokens.")
  var ignoresEnd = false

  @Option(help: "Write the logits after the last prompt token to this file: raw little-endian float32.")
  var logits: String?

  @Flag(help: "Print one JSON object instead of the text.")
  var json = false

  @Flag(help: "Print the plan, the policy and the timings on stderr.")
  var stats = false

  func validate() throws {
    for (option, isGiven) in [
      ("--chat", chat), ("--system", system != nil), ("--chat-template", template.chatTemplate != nil),
    ] where isGiven {
      guard !raw else { throw ValidationError("\(option) and --raw exclude each other") }
      guard prompt.tokenIds == nil else {
        throw ValidationError("\(option) takes a prompt of text, not --token-ids")
      }
    }
    guard (0...Limits.maximumContext).contains(maxTokens) else {
      throw ValidationError("--max-tokens must be between 0 and \(Limits.maximumContext)")
    }
  }

  func run() async throws {
    let constraint = try self.constraint.constraint()
    let settings = try policy.settings()
    let checkpoint = try model.open(rope: settings.rope)
    let configuration = settings.applied(to: try checkpoint.configuration)
    // Creating a tokenizer takes a while. Workers start meanwhile, unless the plan depends on the prompt.
    let preparation = Task { try prepare(checkpoint, configuration, settings, constraint) }
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
    if json { try StandardOutput.json(report) } else if stats { printStatistics(report) }
  }

  private func prepare(
    _ checkpoint: Checkpoint, _ configuration: ModelConfiguration, _ settings: PolicyFile,
    _ constraint: TextConstraint?
  ) throws -> (tokenizer: Tokenizer?, request: GenerationRequest) {
    let tokenizer = try readTokenizer(checkpoint)
    let recommended = checkpoint.samplingDefaults
    for warning in recommended.warnings { StandardError.line("longhaul: warning: \(warning)") }
    if stats, !recommended.description.isEmpty { StandardError.line("the model recommends \(recommended)") }
    let tokens = try tokens(checkpoint, tokenizer)
    let choice = try PolicyChoice.forLength(
      tokens.count + maxTokens, trainedLength: configuration.trainedLength, request: settings.request)
    if let warning = choice.warning { StandardError.line("longhaul: warning: \(warning)") }
    var request = GenerationRequest(prompt: tokens, maximumNewTokens: maxTokens)
    request.sampling = sampling.parameters(over: recommended)
    request.constraint = constraint
    request.policy = settings.request
    request.stopTokens = ignoresEnd ? [] : tokenizer?.endTokens ?? []
    request.wantsPromptLogits = logits != nil
    return (tokenizer, request)
  }

  private func tokens(_ checkpoint: Checkpoint, _ tokenizer: Tokenizer?) throws -> [TokenID] {
    guard let tokenizer, prompt.tokenIds == nil, !raw else {
      return try prompt.tokens { try tokenizer ?? Tokenizer(checkpoint.tokenizer) }
    }
    var description = try checkpoint.tokenizer
    try template.apply(to: &description)
    guard chat || system != nil || template.chatTemplate != nil || description.chatTemplate != nil else {
      return try prompt.tokens { tokenizer }
    }
    let before = system.map { [ChatMessage(role: "system", content: $0)] } ?? []
    let messages = before + [ChatMessage(role: "user", content: try prompt.text())]
    return try RenderedChat(ChatPrompt(messages: messages), tokenizer, description).tokens
  }

  /// Nil when the prompt is ids and the file has no tokenizer: then the output is ids, too.
  private func readTokenizer(_ checkpoint: Checkpoint) throws -> Tokenizer? {
    do {
      return try Tokenizer(ModelOptions.tokenizer(of: checkpoint))
    } catch {
      guard prompt.tokenIds != nil else { throw error }
      return nil
    }
  }

  private func write(_ logits: [Float], to path: String) throws {
    try OutputFile.write(logits.map(\.bitPattern.littleEndian).withUnsafeBytes { Array($0) }, to: path)
  }

  private func printStatistics(_ report: RunReport) {
    for stage in report.plan { StandardError.line(stage.line) }
    let policy = report.policy
    StandardError.line("policy: \(policy.phrase), trained context \(policy.trainedLength)")
    let timings = report.timings
    StandardError.line(
      String(
        format: "prefill %d tokens in %.2f s (%.1f/s), decode %d tokens in %.2f s (%.1f/s), load %.2f s",
        report.promptTokens.count, timings.prefillSeconds, timings.prefillTokensPerSecond, report.tokens.count,
        timings.decodeSeconds, timings.decodeTokensPerSecond, timings.loadSeconds))
  }
}
