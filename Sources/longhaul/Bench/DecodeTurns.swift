import Coordinator
import Core
import Synchronization

/// Groups of generations of which one at a time decodes; the others are paused. Any thread.
final class DecodeTurns: Sendable {
  private struct State {
    var groups: [[SequenceID]]
    /// Whether all decode from now on.
    var isOver = false
  }

  private let engine: ClusterEngine
  private let state: Mutex<State>

  init(groupCount: Int, on engine: ClusterEngine) {
    self.engine = engine
    state = Mutex(State(groups: Array(repeating: [], count: groupCount)))
  }

  /// Adds a generation that started paused.
  func add(_ generation: SequenceID, group: Int) {
    let isOver = state.withLock { state in
      state.groups[group].append(generation)
      return state.isOver
    }
    if isOver { engine.setPaused(false, [generation]) }
  }

  /// Lets the group alone decode; nil lets all, those added later included.
  func set(_ turn: Int?) {
    let groups = state.withLock { state in
      state.isOver = turn == nil
      return state.groups
    }
    for (index, generations) in groups.enumerated() { engine.setPaused(turn ?? index != index, generations) }
  }
}
