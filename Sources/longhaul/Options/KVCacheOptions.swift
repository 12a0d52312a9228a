import ArgumentParser
import Cluster
import Core

extension KVElementType: ExpressibleByArgument {}
extension AttentionArithmetic: ExpressibleByArgument {}

/// Size and element type of the KV cache, how it is attended to, and the prefill chunk size.
struct KVCacheOptions: ParsableArguments {
  @Option(
    help: """
      Context length to plan for: tokens of one sequence, prompt and completion together. Default: what the request \
      needs; what memory admits for a server with local workers; 8192 for other servers and a plan, or less when the \
      model admits less.
      """)
  var context: Int?

  @Option(
    help: """
      Element type of the KV cache: i16 (16-bit integers under a scale per key, values as IEEE halves), f16 (IEEE \
      halves), bf16, f32, or q8_0 in half the memory.
      """)
  var kvType: KVElementType = .i16

  @Option(
    help: """
      Arithmetic of attention: exact (f32), or fast: scores of 16-bit integers and sums of bf16, at twice the rate \
      where the processor multiplies pairs of them. Its answers are the same bytes everywhere, but not exact's.
      """)
  var attention: AttentionArithmetic = .exact

  @Option(
    help: """
      Prefill chunk size in tokens. Default: at most 256; the scheduler lowers it to keep all stages busy and other \
      requests responsive.
      """)
  var chunk: Int?

  /// Larger chunks are hardly faster (measured with a 1.1B model) and delay other requests.
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

  /// For commands that measure up to a length given by this option alone.
  func requireContext() throws {
    guard context != nil else {
      throw ValidationError("pass the length with --context: tokens of prompt and completion together")
    }
  }

  func demand(
    contextLength: Int, sequenceCount: Int, policy: PolicyRequest, workload: Workload? = nil
  ) -> KVDemand {
    KVDemand(
      elementType: kvType, attention: attention, contextLength: contextLength, sequenceCount: sequenceCount,
      chunkTokenCount: maximumChunkTokenCount, adaptsChunks: chunk == nil, policy: policy,
      workload: workload)
  }

  /// The context length to plan for before any request arrives.
  func plannedContext(trainedLength: Int, policy: PolicyRequest) -> Int {
    context ?? min(8192, longestContext(trainedLength: trainedLength, policy: policy))
  }

  /// The longest context that the policy admits, at least 1.
  func longestContext(trainedLength: Int, policy: PolicyRequest) -> Int {
    min(max(1, policy.longestLength(trainedLength: trainedLength)), Limits.maximumContext)
  }
}
