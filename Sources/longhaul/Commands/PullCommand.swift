import ArgumentParser

/// `longhaul pull`: a model of a hub into this machine's cache.
struct PullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Fetches a model from a hub and prints its path.",
    discussion: """
      What was interrupted continues; every file is checked against the hub's hash. Files lie where other programs of \
      the hub look for them: in HF_HUB_CACHE, or hub in HF_HOME. HF_TOKEN opens gated models, HF_ENDPOINT names \
      another hub.
      """)

  @Argument(help: "hf:OWNER/REPO, with :QUANT (for example :Q4_K_M) or :FILE behind it, and @REVISION before that.")
  var model: String

  func run() throws {
    try StandardOutput.write(try HubModel.path(model, isOffline: false, isRefreshed: true) + "\n")
  }
}
