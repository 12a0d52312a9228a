/// How a plan ended that was in force, as far as that says what may have ended it.
package enum InterruptionCause: Hashable, Sendable {
  /// A worker of it died, hung or fell silent.
  case workerLost
  /// A step failed, or no stage has it, though all workers are there.
  case stepLost
  /// An operator wanted it, or nothing was under way: no request can have caused it.
  case unrelated
}
