/// What answers a generation. `Coordinator` implements it over a cluster, tests with canned answers.
package protocol InferenceEngine: Sendable {
  /// The served model, for listings and limits.
  var model: ServedModel { get }
  /// Whether requests would be served now.
  func readiness() async -> EngineReadiness
  /// Starts a generation. Throws before the first event when it is not admitted (`EngineError`, `PolicyRefusal`,
  /// `PolicyArgumentError`, `InvalidParameter`). Ending the iteration early cancels the sequence on all stages.
  func generate(_ request: GenerationRequest) async throws -> AsyncThrowingStream<GenerationEvent, any Error>
}

/// The model an engine serves.
package struct ServedModel: Sendable {
  /// The name clients use.
  package var id: String
  package var configuration: ModelConfiguration
  /// Tokens of one sequence, prompt and answer together, that the cluster was planned for.
  package var contextLength: Int
  package init(id: String, configuration: ModelConfiguration, contextLength: Int) {
    self.id = id
    self.configuration = configuration
    self.contextLength = contextLength
  }
}

package enum EngineReadiness: Sendable, Equatable {
  case ready
  /// Not yet: the reason, and the loaded share of the weights (0...1) while they load.
  case loading(String, fraction: Double? = nil)
  /// Not any more, and why.
  case failed(String)
}

/// Why an engine refused or ended a generation.
package enum EngineError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The workers are still loading.
  case notReady(String)
  /// As many requests wait as are allowed; try again.
  case overloaded(limit: Int)
  /// The prompts that wait have as many tokens as are allowed; try again.
  case overloadedTokens(limit: Int)
  /// The request took longer than it said it may.
  case timedOut(Duration)
  /// Longer than the context the cluster was planned for.
  case contextExceeded(length: Int, contextLength: Int)
  /// Even an empty cluster has too few pages for the worst case.
  case neverFits(neededPageCount: Int, pageCount: Int)
  case emptyPrompt
  case tokenOutOfRange(TokenID, vocabularySize: Int)
  /// The cluster could not finish: which stage, and what happened there.
  case failed(String)
  /// The engine is stopping.
  case stopped

  package var description: String {
    switch self {
    case .notReady(let reason): "the cluster is not ready: \(reason)"
    case .overloaded(let limit): "too many requests wait (limit \(limit)); try again in a moment"
    case .overloadedTokens(let limit):
      "too many prompt tokens wait (limit \(limit)); try again in a moment"
    case .timedOut(let limit): "the request was not finished within its timeout of \(limit.inSeconds) s"
    case .contextExceeded(let length, let contextLength):
      "this cluster's maximum context length is \(contextLength) tokens, but \(length) were asked for (prompt plus new "
        + "tokens); shorten the prompt or start the cluster with a larger --context"
    case .neverFits(let needed, let pageCount):
      "the request may need \(needed) cache pages but the cluster has \(pageCount); shorten it, choose a smaller "
        + "neighbor window, or start the cluster with a larger --context"
    case .emptyPrompt: "the prompt has no tokens"
    case .tokenOutOfRange(let token, let size): "token id \(token) is outside the vocabulary of \(size)"
    case .failed(let reason): reason
    case .stopped: "the coordinator is stopping"
    }
  }
}
