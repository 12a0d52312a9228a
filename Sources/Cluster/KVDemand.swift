package import Core
import Paging

/// The KV cache a cluster is to hold: how many sequences of which length, stored how.
package struct KVDemand: Hashable, Sendable {
  package var elementType: KVElementType
  /// Tokens of one sequence, prompt and answer together.
  package var contextLength: Int
  /// Sequences of that length held at once.
  package var sequenceCount: Int
  /// Tokens of a prompt chunk at most: sizes the ring of neighbor keys.
  package var chunkTokenCount: Int
  /// Whether smaller chunks may be taken where they are better.
  package var adaptsChunks: Bool
  /// The policy the operator set for the cluster; automatic unless set.
  package var policy: PolicyRequest

  package init(
    elementType: KVElementType, contextLength: Int, sequenceCount: Int, chunkTokenCount: Int,
    adaptsChunks: Bool = false, policy: PolicyRequest = PolicyRequest()
  ) {
    self.elementType = elementType
    self.contextLength = contextLength
    self.sequenceCount = sequenceCount
    self.chunkTokenCount = chunkTokenCount
    self.adaptsChunks = adaptsChunks
    self.policy = policy
  }

  /// Pages of all sequences at full length, rings of neighbor keys included. Never more with a shorter context.
  package func pageCount(trainedLength: Int) -> Int {
    let perSequence = PageCount.of(tokens: contextLength)
      .cappedSum(neighborPageCount(trainedLength: trainedLength))
    return perSequence.cappedProduct(sequenceCount)
  }

  /// The ring depends on the window alone, so any group size above 1 stands for all; texts within the trained
  /// length are plain unless a group size was set.
  private func neighborPageCount(trainedLength: Int) -> Int {
    let groups = policy.groupSize.map { $0 > 1 } ?? (contextLength > trainedLength)
    let window = policy.neighborWindow ?? PolicyChoice.defaultNeighborWindow(trainedLength: trainedLength)
    guard groups,
      let policy = SelfExtendPolicy(groupSize: 2, neighborWindow: window, trainedLength: trainedLength)
    else { return 0 }
    return PageCount.ofRing(policy: policy, chunkTokenCount: chunkTokenCount)
  }
}
