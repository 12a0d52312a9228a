/// Why a plan in force ended, as far as that says what a request may have to do with it.
package enum InterruptionCause: Hashable, Sendable {
  /// A worker of the plan died, hung or fell silent: any step in flight may be the cause.
  case workerLost
  /// A stage could not compute the oldest step in flight: that step is the cause.
  case stepFailed
  /// A step or its result was lost although all workers are present: any step in flight may be the cause.
  case stepLost
  /// An operator's wish, or nothing was in flight: no request can be the cause.
  case unrelated
}
