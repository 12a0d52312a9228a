import Core
import Fixtures
import Scheduling

/// A client's request, what it has got of its answer, and what is due.
struct SimulatedRequest: CustomStringConvertible {
  let prompt: [TokenID]
  let newTokens: Int
  let seed: UInt64
  let expected: [TokenID]
  /// Pages that the prompt may begin with.
  var prefix: PrefixID?
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

  init(prompt: [TokenID], newTokens: Int, seed: UInt64) {
    (self.prompt, self.newTokens, self.seed) = (prompt, newTokens, seed)
    expected = ToyModel.reference(prompt: prompt, newTokens: newTokens, seed: seed)
  }

  func with(prompt: [TokenID], prefix: PrefixID? = nil) -> SimulatedRequest {
    var changed = SimulatedRequest(prompt: prompt, newTokens: newTokens, seed: seed)
    changed.prefix = prefix
    return changed
  }

  /// As the scheduler gets it; never nil.
  func scheduled(as sequence: SequenceID) -> ScheduledRequest? {
    var request = GenerationRequest(prompt: prompt)
    request.sampling = .greedy
    request.sampling.seed = seed
    return SelfExtendPolicy(groupSize: 1, neighborWindow: 0, trainedLength: 512).map {
      ScheduledRequest(request, sequence: sequence, maximumNewTokens: newTokens, policy: $0, prefix: prefix)
    }
  }
}
