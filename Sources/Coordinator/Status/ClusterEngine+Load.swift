import Cluster
package import Core
import Scheduling

extension ClusterEngine {
  /// The sequences that run now. Any thread; takes the token path's lock.
  package var load: ServerLoad {
    let running = tokens.work(stepsAfter: nil).sequences.filter { $0.phase == .prefill || $0.phase == .decode }
    return ServerLoad(
      sequenceLimit: configuration.runningLimit,
      running: running.map { sequence in
        ServerLoad.Running(
          id: Int(truncatingIfNeeded: sequence.sequence.rawValue), promptTokenCount: sequence.promptTokenCount,
          computedTokenCount: sequence.computedTokenCount, generatedTokenCount: sequence.generatedTokenCount,
          remainingTokenCount: max(0, sequence.maximumNewTokens - sequence.generatedTokenCount))
      })
  }
}
