import Core

/// A model whose activations are rolling hashes: every layer's state depends on all inputs it ever saw, in order, so a
/// lost, doubled, swapped or stale frame changes every token after it.
enum ToyModel {
  static let layerCount = 6

  static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
    var mixed = left &* 0x9E37_79B9_7F4A_7C15 ^ (right &+ 0xBF58_476D_1CE4_E5B9)
    mixed = (mixed ^ (mixed >> 30)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Feeds one input to a layer and returns its output, which is its new state.
  static func advance(_ state: inout UInt64, layer: Int, input: UInt64) -> UInt64 {
    state = mix(state ^ UInt64(layer), input)
    return state
  }

  static func token(_ output: UInt64, seed: UInt64, position: Int) -> TokenID {
    TokenID(mix(output, seed &+ UInt64(position)) % 32_000)
  }

  /// A layer's state before the first token, which depends on the policy.
  static func firstState(groupSize: Int) -> UInt64 { UInt64(groupSize - 1) }

  /// What an undisturbed run gives.
  static func reference(prompt: [TokenID], newTokens: Int, seed: UInt64, groupSize: Int) -> [TokenID] {
    var states = [UInt64](repeating: firstState(groupSize: groupSize), count: layerCount)
    var tokens = prompt
    for index in 0... {
      guard index < tokens.count, tokens.count < prompt.count + newTokens else { break }
      var value = UInt64(tokens[index])
      for layer in 0..<layerCount { value = advance(&states[layer], layer: layer, input: value) }
      if index == tokens.count - 1 { tokens.append(token(value, seed: seed, position: tokens.count)) }
    }
    return Array(tokens.dropFirst(prompt.count))
  }
}

/// Mistakes that the simulation must catch, each switched on by itself.
package enum PlantedBug: String, CaseIterable, Sendable {
  /// A stage computes frames of any epoch.
  case stageTakesAnyEpoch
  /// The coordinator takes results of any epoch.
  case coordinatorTakesAnyEpoch
  /// A stage computes a repeated or out-of-order step.
  case stageTakesAnyStep
  /// A stage keeps its sequences when it is assigned anew.
  case sequencesSurviveAssignment
  /// The coordinator goes on where it was instead of reading everything again.
  case noRewind
  /// Tokens drawn before a loss are told again when they are read again.
  case tellsTwice
  /// A draw depends on how many were made since the sequence was opened here, not on its position.
  case drawsByHistory
  /// Heartbeats are sent by the compute thread.
  case heartbeatOfComputeThread
  /// A worker that is told to join anew goes on as before.
  case ignoresRejoin
  /// Nobody notices that a step under way is in no stage's hand.
  case lostFramesUnnoticed
  /// A stage forgets no sequence that has ended.
  case releasesIgnored
  /// Steps go out although the plan is over, under the next epoch before its stages are ready.
  case sendsBetweenPlans
  /// A stage keeps its sequences as long as its layers stay, whichever epoch and coordinator they are of.
  case keepsSequencesOfAnyEpoch
  /// The coordinator takes every stage to hold all it has.
  case holdingsAssumed
  /// A hung computation is not looked for.
  case progressIgnored
  /// Pages are given out again although the prefix cache and a sequence hold them.
  case sharedPagesFreed
  /// The prefix cache does not tell policies apart.
  case prefixesOfAnyPolicy
  /// A sequence opens on a page that another one still fills.
  case partlyFilledPageShared
  /// A stage keeps the tokens that an entry cuts.
  case cutIgnored
  /// A stage keeps what it logged of tokens that were cut.
  case cutKeepsLog
  /// A stage says that it logged what it never sent: the rows of a cached prefix.
  case logsUnsentPrefix
  /// A drafted token is kept although another one was sampled.
  case draftKeptPastMismatch
  /// Lists of sampled tokens are matched to entries by their order.
  case resultsByOrder
  /// A sequence whose pages were given to another writes into them when it goes on.
  case preemptedKeepsPages
  /// No stage hears that a sequence has lost its pages.
  case preemptionUntold
}
