/// What a worker does about its coordinator, as a value: registers, stays, comes back, gives up.
///
///     away --link made--> registering --welcome--> joined
///     registering, joined --link broke--> away
///     joined --evicted--> registering, with another incarnation
///
/// It registers only once the compute thread has dropped what it had in hand: one that hangs has nothing to offer. It
/// waits for a step as long as layers go by, and for one that stands still a minute. Meanwhile it asks nothing, so no
/// answer and no silence of the coordinator counts against it.
/// The worker keeps its weights throughout. It drops its sequences whenever it is no longer a member, since the cluster
/// does not build on them any more. Times are since any fixed start.
package struct CoordinatorLink: Sendable {
  package enum Event: Hashable, Sendable {
    case connected
    case disconnected
    /// The compute thread has dropped its sequences, as asked.
    case settled
    /// Any message of the coordinator, before what it says.
    case heard
    case welcome
    /// The coordinator has evicted the worker, does not know it, or takes it for another.
    case rejoin(String)
    case refused(String)
    /// Time passed; with the compute thread's count of layers.
    case tick(progress: UInt64)
  }

  package enum Action: Hashable, Sendable {
    case register(incarnation: UInt64)
    case forgetSequences
    /// Registered, or registered again.
    case joined
    case leave(LeaveReason)
  }

  package enum LeaveReason: Hashable, Sendable {
    case unreachable
    case lost
    /// The compute thread never returned from its step.
    case hung
    case refused(String)
  }

  private enum Phase: Hashable, Sendable {
    case away(since: Duration)
    case registering
    case joined
  }

  /// How long the worker waits for a coordinator that never answered.
  static let connectTimeout = Duration.seconds(10)
  /// How long it registers again while its name is taken: its predecessor may not have been found dead yet.
  static let nameTimeout = Duration.seconds(4)
  /// How long a step in hand that computes no layer may keep the compute thread from forgetting it.
  static let stepTimeout = Duration.seconds(60)

  /// How long the worker waits for a coordinator that it had joined.
  let reconnectTimeout: Duration
  package private(set) var incarnation: UInt64
  private var phase: Phase
  private var hasJoined = false
  /// Since when the compute thread has neither dropped what it is to forget nor computed a layer.
  private var unsettledSince: Duration?
  private var progress: UInt64 = 0
  private var lastHeard: Duration
  /// Since when registrations have been refused, with the reason.
  private var turnedDown: (since: Duration, reason: String)?

  /// - Parameter incarnation: drawn at random.
  package init(incarnation: UInt64, reconnectTimeout: Duration, now: Duration) {
    self.incarnation = incarnation
    self.reconnectTimeout = reconnectTimeout
    phase = .away(since: now)
    lastHeard = now
  }

  /// Whether heartbeats are sent and assignments are taken. An assignment that is read after its connection has ended
  /// would replace the request to forget in the queue, and the worker would never settle.
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
      turnedDown = nil
      unsettledSince = unsettledSince ?? now
      return [.forgetSequences]
    case .settled:
      guard unsettledSince != nil else { return [] }
      unsettledSince = nil
      guard phase == .registering else { return [] }
      lastHeard = now
      return register()
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
        // An answer to a heartbeat that was under way, unless a registration was sent.
        if unsettledSince == nil { turnedDown = (turnedDown?.since ?? now, reason) }
        return []
      }
      // It may be said more than once while the new registration is under way.
      phase = .registering
      unsettledSince = unsettledSince ?? now
      return [.forgetSequences]
    case .refused(let reason):
      return [.leave(.refused(reason))]
    case .tick(let progress):
      return tick(progress, now: now)
    }
  }

  private mutating func register() -> [Action] {
    guard unsettledSince == nil else { return [] }
    incarnation &+= 1
    return [.register(incarnation: incarnation)]
  }

  private mutating func tick(_ progress: UInt64, now: Duration) -> [Action] {
    if progress != self.progress, unsettledSince != nil { unsettledSince = now }
    self.progress = progress
    if let unsettledSince {
      if now - unsettledSince >= Self.stepTimeout { return [.leave(.hung)] }
      if phase == .registering { return [] }
    }
    if let turnedDown, phase == .registering {
      guard now - turnedDown.since < Self.nameTimeout else { return [.leave(.refused(turnedDown.reason))] }
      return register()
    }
    let silence = now - lastHeard
    if hasJoined { return silence >= reconnectTimeout ? [.leave(.lost)] : [] }
    return silence >= Self.connectTimeout ? [.leave(.unreachable)] : []
  }
}
