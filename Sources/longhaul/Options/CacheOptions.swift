import ArgumentParser
import Cluster
import Inference

extension KVElementType: ExpressibleByArgument {}

/// How the KV cache is kept and filled.
struct CacheOptions: ParsableArguments {
  @Option(
    help: """
      Tokens of one sequence to plan for, prompt and answer together. Default: what the request needs; for \
      a server or a plan 8192, or less where the model admits less.
      """)
  var context: Int?

  @Option(help: "How keys and values are stored: f16, bf16, f32, or q8_0 in half the memory.")
  var kvType: KVElementType = .f16

  @Option(
    help: """
      Tokens of a prompt that are read at a time. Default: at most 256, less where that keeps more stages busy or \
      others waiting less.
      """)
  var chunk: Int?

  /// Larger chunks are hardly faster (measured with a 1.1B model), and keep others waiting.
  static let automaticChunkTokenCount = 256

  var maximumChunkTokenCount: Int { chunk ?? Self.automaticChunkTokenCount }

  func validate() throws {
    if let context, !(1...Limits.maximumContext).contains(context) {
      throw ValidationError("--context must be between 1 and \(Limits.maximumContext)")
    }
    if let chunk, !(1...Limits.maximumStepTokenCount / 2).contains(chunk) {
      throw ValidationError("--chunk must be between 1 and \(Limits.maximumStepTokenCount / 2)")
    }
  }

  /// For commands that measure up to a length, which nothing else tells.
  func requireContext() throws {
    guard context != nil else {
      throw ValidationError("give the length with --context: tokens of prompt and answer together")
    }
  }

  func demand(contextLength: Int, sequenceCount: Int, policy: PolicyRequest) -> KVDemand {
    KVDemand(
      elementType: kvType, contextLength: contextLength, sequenceCount: sequenceCount,
      chunkTokenCount: maximumChunkTokenCount, adaptsChunks: chunk == nil, policy: policy)
  }

  /// The context to plan for when no request is known yet.
  func plannedContext(trainedLength: Int, policy: PolicyRequest) -> Int {
    if let context { return context }
    let longest: Int
    if let groupSize = policy.groupSize,
      let forced = SelfExtendPolicy(
        groupSize: groupSize,
        neighborWindow: policy.neighborWindow ?? PolicyChoice.defaultNeighborWindow(trainedLength: trainedLength),
        trainedLength: trainedLength)
    {
      longest = forced.longestLength
    } else {
      longest = PolicyChoice.longestAutomaticLength(trainedLength: trainedLength, window: policy.neighborWindow)
    }
    return max(1, min(8192, longest))
  }
}
