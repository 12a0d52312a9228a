import ArgumentParser
import Cluster
import Coordinator
import Core
import Scheduling

extension SpeculationMode: ExpressibleByArgument {}

/// How a server shares its steps among requests.
struct SchedulingOptions: ParsableArguments {
  @Option(
    help: """
      How many times as long as alone a token of a running answer may take beside a prompt. Higher is better for \
      prompts, lower for answers. Default: 2.
      """)
  var latencyTarget: Double?

  @Flag(help: "Keep nothing of prompts and answers for later requests that begin alike.")
  var noPrefixCache = false

  @Option(
    help: """
      Guess tokens from what followed the last ones before, and verify several in a step: auto as far as it pays, \
      lookup always, off never. Answers are the same.
      """)
  var speculate: SpeculationMode = .auto

  @Option(
    help: """
      Requests that run at once, more than --sequences: they take KV pages as they grow and share what is planned for \
      those, and where that runs out the youngest waits again. Default: --sequences, each with all its pages at once.
      """)
  var maxRunningRequests: Int?

  @Option(help: "Requests that may wait; more are answered with 429.")
  var maxQueuedRequests = 256

  @Option(help: "Prompt tokens that may wait; requests beyond are answered with 429. Default: unlimited.")
  var maxQueuedTokens: Int?

  static let latencyTargets = 1.1...1000

  /// - Parameter chunk: set where the operator fixed the size of chunks.
  func validate(chunk: Int?) throws {
    guard maxQueuedRequests >= 0, maxQueuedTokens ?? 0 >= 0 else {
      throw ValidationError("--max-queued-requests and --max-queued-tokens must not be negative")
    }
    if let maxRunningRequests, !(1...Limits.maximumStepEntryCount).contains(maxRunningRequests) {
      throw ValidationError("--max-running-requests must be between 1 and \(Limits.maximumStepEntryCount)")
    }
    guard let latencyTarget else { return }
    guard Self.latencyTargets.contains(latencyTarget) else {
      throw ValidationError("--latency-target must be between 1.1 and 1000")
    }
    guard chunk == nil else {
      throw ValidationError("--latency-target sets the size of chunks, and so does --chunk: pass one of them")
    }
  }

  func apply(to configuration: inout ClusterConfiguration) {
    if let latencyTarget { configuration.latencyTarget = latencyTarget }
    configuration.keepsPrefixes = !noPrefixCache
    configuration.speculation = speculate
    // Off unless asked for: a loss while pages are short has failed one of 169,000 simulated requests.
    configuration.growsPages = maxRunningRequests != nil
    configuration.demand.runningSequenceCount = maxRunningRequests
    configuration.maximumWaitingRequests = maxQueuedRequests
    configuration.maximumWaitingTokens = maxQueuedTokens ?? .max
  }
}
