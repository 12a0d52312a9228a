/// What a worker does about its coordinator, as a value: registers, stays, comes back, gives up.
///
///     away --link made--> registering --welcome--> joined
///     registering, joined --link broke--> away
///     joined --counted out--> registering, with another incarnation
///
/// It registers only once the compute thread has dropped what it had in hand: one that hangs has nothing to offer.
/// Weights are kept through all of this. Sequences are forgotten whenever the worker is not a member any more: what
/// the cluster does next no longer builds on them. Times are since any fixed start.
package struct CoordinatorLink: Sendable {
  package enum Event: Hashable, Sendable {
    case connected
    case disconnected
    /// The compute thread has forgotten its sequences, as it was told.
    case settled
    /// Any message of the coordinator, before what it says.
    case heard
    case welcome
    /// The coordinator has counted the worker out, does not know it, or takes it for another.
    case rejoin(String)
    case refused(String)
    case tick
  }

  package enum Action: Hashable, Sendable {
    case register(incarnation: UInt64)
    case forgetSequences
    /// Registered, or registered again.
    case joined
    case leave(Ending)
  }

  package enum Ending: Hashable, Sendable {
    case unreachable
    case lost
    /// The compute thread never came back from its step.
    case hung
    case refused(String)
  }

  private enum Phase: Hashable, Sendable {
    case away(since: Duration)
    case registering
    case joined
  }

  /// How long a coordinator that was never heard is waited for, and how long a refusal to be somebody already there is
  /// taken for a predecessor that is not yet found dead.
  static let firstPatience = Duration.seconds(10)
  static let namePatience = Duration.seconds(4)
  /// How long a step in hand may keep the compute thread from forgetting it.
  static let stepPatience = Duration.seconds(60)

  /// How long a coordinator that was joined once is waited for.
  let patience: Duration
  package private(set) var incarnation: UInt64
  private var phase: Phase
  private var hasJoined = false
  /// Since when the compute thread has not come back from what it is to forget.
  private var unsettledSince: Duration?
  private var lastHeard: Duration
  /// Since when registering has been turned down, with the reason.
  private var turnedDown: (since: Duration, reason: String)?

  /// - Parameter incarnation: drawn at random.
  package init(incarnation: UInt64, patience: Duration, now: Duration) {
    self.incarnation = incarnation
    self.patience = patience
    phase = .away(since: now)
    lastHeard = now
  }

  /// Whether heartbeats are to be sent, and assignments taken: one that is still read after its connection has ended
  /// would take the place of what is to be forgotten, and nobody would ever hear that it is.
  package var isJoined: Bool { phase == .joined }

  package mutating func event(_ event: Event, now: Duration) -> [Action] {
    switch event {
    case .connected:
      phase = .registering
      lastHeard = now
      return register()
    case .disconnected:
      if case .away = phase { return [] }
      phase = .away(since: now)
      unsettledSince = unsettledSince ?? now
      return [.forgetSequences]
    case .settled:
      guard unsettledSince != nil else { return [] }
      unsettledSince = nil
      return phase == .registering ? register() : []
    case .heard:
      lastHeard = now
      return []
    case .welcome:
      guard phase == .registering else { return [] }
      phase = .joined
      hasJoined = true
      turnedDown = nil
      return [.joined]
    case .rejoin(let reason):
      guard phase == .joined else {
        turnedDown = (turnedDown?.since ?? now, reason)
        return []
      }
      // It may be said more than once while the new registration is under way.
      phase = .registering
      unsettledSince = unsettledSince ?? now
      return [.forgetSequences]
    case .refused(let reason):
      return [.leave(.refused(reason))]
    case .tick:
      return tick(now: now)
    }
  }

  private mutating func register() -> [Action] {
    guard unsettledSince == nil else { return [] }
    incarnation &+= 1
    return [.register(incarnation: incarnation)]
  }

  private mutating func tick(now: Duration) -> [Action] {
    if let unsettledSince, now - unsettledSince >= Self.stepPatience { return [.leave(.hung)] }
    if let turnedDown, phase == .registering {
      guard now - turnedDown.since < Self.namePatience else { return [.leave(.refused(turnedDown.reason))] }
      return register()
    }
    let silence = now - lastHeard
    if hasJoined { return silence >= patience ? [.leave(.lost)] : [] }
    return silence >= Self.firstPatience ? [.leave(.unreachable)] : []
  }
}
