package import Core
import Paging

/// The KV cache that a cluster must hold: how many sequences of which length, in which element type.
package struct KVDemand: Hashable, Sendable {
  package var elementType: KVElementType
  /// How all stages attend to it.
  package var attention: AttentionArithmetic
  /// Tokens of one sequence, prompt and completion together.
  package var contextLength: Int
  /// Concurrent sequences of that length.
  package var sequenceCount: Int
  /// Sequences that may run at once, sharing what `sequenceCount` of them have in memory; nil: as many as these.
  package var runningSequenceCount: Int?
  /// Maximum tokens of a prefill chunk; sizes the ring of neighbor keys.
  package var chunkTokenCount: Int
  /// Whether the scheduler may choose smaller chunks.
  package var adaptsChunks: Bool
  /// The cluster's policy, set by the operator; automatic unless set.
  package var policy: PolicyRequest
  /// What stages are balanced for; nil derives it from context and sequences.
  package var workload: Workload?

  package init(
    elementType: KVElementType, attention: AttentionArithmetic = .exact, contextLength: Int, sequenceCount: Int,
    runningSequenceCount: Int? = nil, chunkTokenCount: Int,
    adaptsChunks: Bool = false, policy: PolicyRequest = PolicyRequest(), workload: Workload? = nil
  ) {
    self.elementType = elementType
    self.attention = attention
    self.contextLength = contextLength
    self.sequenceCount = sequenceCount
    self.runningSequenceCount = runningSequenceCount
    self.chunkTokenCount = chunkTokenCount
    self.adaptsChunks = adaptsChunks
    self.policy = policy
    self.workload = workload
  }

  package var plannedWorkload: Workload {
    workload ?? Workload(contextLength: contextLength, sequenceCount: sequenceCount)
  }

  package var runningLimit: Int { runningSequenceCount ?? sequenceCount }

  /// Tokens a step may carry: a prefill chunk and every sequence's next token.
  package var stepTokenCount: Int { min(Limits.maximumStepTokenCount, chunkTokenCount.cappedSum(runningLimit)) }

  /// Pages of all sequences at full length, with their rings of neighbor keys. Grows with the context.
  package func pageCount(trainedLength: Int) -> Int {
    let perSequence = PageCount.of(tokens: contextLength)
      .cappedSum(neighborPageCount(trainedLength: trainedLength))
    return perSequence.cappedProduct(sequenceCount)
  }

  /// Whether positions of the workload's sequences are grouped. Within the trained length they are not unless a policy
  /// was fixed for all text.
  func groupsWorkload(trainedLength: Int) -> Bool {
    chosenPolicy(plannedWorkload.contextLength, policy, trainedLength: trainedLength)?.groups ?? false
  }

  /// Contexts within the trained length use plain attention unless a policy was fixed, which requests may then use for
  /// short text, too.
  private func neighborPageCount(trainedLength: Int) -> Int {
    var policy = policy
    policy.keepsShortTextPlain = false
    return chosenPolicy(contextLength, policy, trainedLength: trainedLength).map {
      PageCount.ofRing(policy: $0, chunkTokenCount: chunkTokenCount)
    } ?? 0
  }

  /// The policy of a length. The ring depends on the window only, so any group size stands for those that no automatic
  /// policy has. Nil for numbers out of range.
  private func chosenPolicy(_ length: Int, _ request: PolicyRequest, trainedLength: Int) -> PositionPolicy? {
    let choice = try? PolicyChoice.forLength(
      min(length, Limits.maximumContext), trainedLength: trainedLength, request: request)
    return choice?.policy ?? (try? request.policy(groupSize: 2, trainedLength: trainedLength))
  }
}
