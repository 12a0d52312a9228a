import ArgumentParser
import Core
import OpenAIAPI
import Weights

/// `longhaul chat`: talks with a model in the terminal.
struct ChatCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat",
    abstract: """
      Talks with a model in the terminal: on a local cluster that it starts, or, with an address such as \
      http://127.0.0.1:8080 for the model, with a server that speaks OpenAI's API.
      """)

  @OptionGroup var model: ModelOptions

  @Option(help: "The system message.")
  var system: String?

  @Option(help: "Maximum new tokens of an answer. Default: what is left of the context.")
  var maxTokens: Int?

  @Option(help: "The model that a server is asked for. Default: the one that it has.")
  var name = ""

  @OptionGroup var cluster: LocalClusterOptions
  @OptionGroup var cache: KVCacheOptions
  @OptionGroup var policy: PolicyOptions
  @OptionGroup var sampling: SamplingOptions
  @OptionGroup var template: ChatTemplateOptions

  func validate() throws {
    if let maxTokens, !(1...Limits.maximumContext).contains(maxTokens) {
      throw ValidationError("--max-tokens must be between 1 and \(Limits.maximumContext)")
    }
  }

  func run() async throws {
    let session = ChatSession(system: system, settings: settings)
    if let address = model.model, ServerAddress.isAddress(address) {
      let key = ServerKeyOptions.keyOfEnvironment
      let peer = RemoteChatPeer(address: try ServerAddress(address), model: name, key: key)
      return try await ChatLoop(peer: peer).run(session)
    }
    guard name.isEmpty else { throw CommandFailure(.usage, "--name requires the address of a server") }
    try await runLocally(session)
  }

  private var settings: ChatSettings {
    ChatSettings(
      temperature: sampling.temperature, topP: sampling.topP, topK: sampling.topK, maximumTokens: maxTokens,
      seed: sampling.seed)
  }

  private func runLocally(_ session: ChatSession) async throws {
    let policies = try policy.settings()
    let checkpoint = try model.open(rope: policies.rope)
    let configuration = policies.applied(to: try checkpoint.configuration)
    var description = try ModelOptions.tokenizer(of: checkpoint)
    try template.apply(to: &description)
    let codec = try ModelTextCodec(description, now: { .localNow })
    let parameters = sampling.parameters(over: checkpoint.samplingDefaults)
    let context = cache.plannedContext(trainedLength: configuration.trainedLength, policy: policies.request)
    try await LocalCluster.run(
      checkpoint: checkpoint, configuration: configuration, modelPath: try model.path(),
      demand: cache.demand(contextLength: context, sequenceCount: 1, policy: policies.request), options: cluster,
      endsOnSignals: false, isQuiet: false
    ) { cluster in
      let peer = LocalChatPeer(
        engine: cluster.engine, codec: codec, sampling: parameters, policy: policies.request)
      try await ChatLoop(peer: peer).run(session)
    }
  }
}
