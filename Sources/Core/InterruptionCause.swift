/// How a plan ended that was in force, as far as that says what may have ended it.
package enum InterruptionCause: Hashable, Sendable {
  /// A worker of it died, hung or fell silent.
  case workerLost
  /// A step came to nothing, or is in nobody's hands, though all workers are there.
  case stepLost
  /// Somebody wanted it, or nothing was under way: no request can have brought it about.
  case unrelated
}
