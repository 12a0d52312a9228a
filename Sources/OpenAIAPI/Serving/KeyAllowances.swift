import Synchronization

/// What the limited API keys have left. Request tasks share it.
final class KeyAllowances: Sendable {
  /// By the keys' places, from 1.
  private let left: Mutex<[Int: KeyAllowance]>
  private let limited: Set<Int>
  private let clock = ContinuousClock()

  /// - Parameter limits: of the keys, in their order; keys beyond them have none.
  init(_ limits: [KeyLimits]) {
    let now = clock.now
    var allowances: [Int: KeyAllowance] = [:]
    for (index, limits) in limits.enumerated() where limits != KeyLimits() {
      allowances[index + 1] = KeyAllowance(limits, now: now)
    }
    limited = Set(allowances.keys)
    left = Mutex(allowances)
  }

  /// Takes a request of a key.
  /// - Throws: `APIError` 429 where the key has asked for too much.
  func admit(key: Int) throws {
    guard limited.contains(key) else { return }
    let refusal = left.withLock { [clock] in $0[key]?.admit(now: clock.now) }
    guard let refusal else { return }
    throw APIError.rateLimited(refusal.unit, waitSeconds: Int(max(1, (refusal.wait / .seconds(1)).rounded(.up))))
  }

  /// Counts tokens of a prompt or an answer.
  func charge(_ tokens: Int, key: Int) {
    guard limited.contains(key) else { return }
    left.withLock { $0[key]?.charge(tokens: tokens) }
  }
}
