import Cluster
package import Core
import Scheduling

extension ClusterEngine {
  /// The sequences that run now, and those that wait again because others needed their pages. Any thread; takes the
  /// token path's lock.
  package var load: ServerLoad {
    ServerLoad(sequenceLimit: configuration.demand.runningLimit, tokens.work(stepsAfter: nil).sequences)
  }
}

extension ServerLoad {
  init(sequenceLimit: Int, _ sequences: [SequenceProgress]) {
    let running = sequences.filter { $0.phase != .waiting }.sorted { $0.sequence.rawValue < $1.sequence.rawValue }
    self.init(sequenceLimit: sequenceLimit, running: running.map(Running.init))
  }
}

extension ServerLoad.Running {
  fileprivate init(_ sequence: SequenceProgress) {
    self.init(
      id: Int(truncatingIfNeeded: sequence.sequence.rawValue), promptTokenCount: sequence.promptTokenCount,
      computedTokenCount: sequence.computedTokenCount, generatedTokenCount: sequence.generatedTokenCount,
      remainingTokenCount: max(0, sequence.maximumNewTokens - sequence.generatedTokenCount))
  }
}
