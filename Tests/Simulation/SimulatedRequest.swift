import Core
import Fixtures
import Scheduling

/// A client's request, what it has got of its answer, and what is due.
struct SimulatedRequest: CustomStringConvertible {
  let prompt: [TokenID]
  let newTokens: Int
  let seed: UInt64
  /// Of its policy, which changes every token.
  let groupSize: Int
  let expected: [TokenID]
  /// Whose pages it shares; nil shares none.
  var tenant: Tenant?
  var received: [TokenID] = []
  var isOver = false

  static func random(using random: inout SeededGenerator) -> SimulatedRequest {
    let prompt = (0..<Int.random(in: 1...80, using: &random)).map { _ in
      TokenID.random(in: 0..<32_000, using: &random)
    }
    let newTokens = Int.random(in: 0...25, using: &random)
    return SimulatedRequest(prompt: prompt, newTokens: newTokens, seed: .random(in: 0...UInt64.max, using: &random))
  }

  var description: String { "\(prompt.count) prompt tokens, at most \(newTokens) new ones" }

  init(prompt: [TokenID], newTokens: Int, seed: UInt64, groupSize: Int = 1) {
    (self.prompt, self.newTokens, self.seed, self.groupSize) = (prompt, newTokens, seed, groupSize)
    expected = ToyModel.reference(prompt: prompt, newTokens: newTokens, seed: seed, groupSize: groupSize)
  }

  /// - Parameter newTokens: nil for as many.
  func with(prompt: [TokenID], groupSize: Int, newTokens: Int?) -> SimulatedRequest {
    SimulatedRequest(prompt: prompt, newTokens: newTokens ?? self.newTokens, seed: seed, groupSize: groupSize)
  }

  /// As the scheduler gets it; never nil.
  func scheduled(as sequence: SequenceID, bug: PlantedBug?) -> ScheduledRequest? {
    var request = GenerationRequest(prompt: prompt)
    request.sampling = .greedy
    request.sampling.seed = seed
    return PositionPolicy(groupSize: groupSize, neighborWindow: 0, trainedLength: 512).map { policy in
      let kept = bug == .prefixesOfAnyPolicy ? .plain(trainedLength: 512) : policy
      return ScheduledRequest(
        request, sequence: sequence, maximumNewTokens: newTokens, policy: policy,
        scope: tenant.map { PrefixScope(tenant: $0, policy: kept) })
    }
  }
}
