import Core

/// The members of the cluster: a failure detector over heartbeats, as a value. Times are arguments, since any fixed
/// start.
///
/// Dead members are remembered, so that the same process cannot return as if nothing had happened. There are at most
/// `Limits.maximumWorkerCount` of them; beyond that the one dead longest is forgotten.
package struct Membership: Sendable {
  package static let maximumNameByteCount = 128

  /// How long a worker may be silent, or stall.
  package struct Timeouts: Hashable, Sendable {
    package let suspectAfter: Duration
    package let deadAfter: Duration
    /// The least time for which a step in hand may stall; a longer step may stall for six times its usual time.
    package let hungAfter: Duration
    /// The part of that time that heartbeats and ticks take to notice.
    static let noticeDelay = Duration.milliseconds(250)

    /// - Precondition: `0 < suspectAfter < deadAfter`.
    package init(suspectAfter: Duration, deadAfter: Duration, hungAfter: Duration = .seconds(2)) {
      precondition(
        suspectAfter > .zero && suspectAfter < deadAfter, "a worker must be suspect before it is dead")
      self.suspectAfter = suspectAfter
      self.deadAfter = deadAfter
      self.hungAfter = hungAfter
    }
  }

  package let timeouts: Timeouts
  /// In order of first registration, which is the order that plans use; a worker that returns keeps its place.
  package private(set) var members: [Member] = []
  private var lastTick: Duration?

  package init(timeouts: Timeouts) { self.timeouts = timeouts }

  /// Whether a worker may be called so.
  package static func isName(_ text: String) -> Bool {
    (1...maximumNameByteCount).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 32 && $0 != 127 }
  }

  package subscript(name: String) -> Member? { members.first { $0.name == name } }

  private var livingCount: Int { members.count { $0.status != .dead } }

  /// Takes a worker in. A living worker that registers again with the same incarnation only counts as heard.
  package mutating func register(
    name: String, incarnation: UInt64, now: Duration
  ) throws(RegistrationRefusal) -> [MembershipEvent] {
    guard Self.isName(name) else { throw .badName }
    let known = members.firstIndex { $0.name == name }
    if let known, members[known].status != .dead {
      if members[known].incarnation == incarnation {
        return heartbeat(
          name: name, incarnation: incarnation, status: HeartbeatStatus(progress: members[known].progress), now: now)
      }
      // A living predecessor sends several heartbeats before it would be suspect. A silent one is dead.
      guard now - members[known].lastHeard >= timeouts.suspectAfter else { throw .duplicateName(name) }
      members[known].status = .dead
      return [.dead(name, reason: "worker \(name) was restarted")]
        + (try register(name: name, incarnation: incarnation, now: now))
    }
    guard livingCount < Limits.maximumWorkerCount else {
      throw .tooManyWorkers(limit: Limits.maximumWorkerCount)
    }
    let member = Member(
      name: name, incarnation: incarnation, status: .alive, lastHeard: now, progress: 0, lastProgress: now)
    if let known {
      guard members[known].incarnation != incarnation else { throw .declaredDead(name) }
      members[known] = member
    } else {
      forgetOldestDead()
      members.append(member)
    }
    return [.joined(name)]
  }

  /// A heartbeat. One of an unknown or dead worker, or of another incarnation, is ignored.
  package mutating func heartbeat(
    name: String, incarnation: UInt64, status: HeartbeatStatus, now: Duration
  ) -> [MembershipEvent] {
    guard let index = living(name), members[index].incarnation == incarnation else { return [] }
    members[index].lastHeard = max(now, members[index].lastHeard)
    if members[index].progress != status.progress {
      members[index].progress = status.progress
      members[index].lastProgress = now
    }
    members[index].busySince = status.expectedStep == nil ? nil : members[index].busySince ?? now
    members[index].expectedStep = status.expectedStep ?? .zero
    guard members[index].status == .suspect else { return [] }
    members[index].status = .alive
    return [.recovered(name)]
  }

  /// Finds workers that have been silent, or have stalled, for too long. Called a few times within `suspectAfter`.
  /// After a longer gap the owner itself was paused, and that time counts against no worker.
  package mutating func tick(now: Duration) -> [MembershipEvent] {
    forgiveOwnPause(now: now)
    var events: [MembershipEvent] = []
    for index in members.indices {
      let silence = now - members[index].lastHeard
      let name = members[index].name
      switch members[index].status {
      case .alive, .suspect, .draining:
        if silence >= timeouts.deadAfter {
          members[index].status = .dead
          events.append(.dead(name, reason: "worker \(name) has not been heard for \(silence)"))
        } else if let hung = standstill(of: members[index], now: now) {
          members[index].status = .dead
          events.append(.dead(name, reason: "worker \(name) has a step in hand but computed nothing for \(hung)"))
        } else if silence >= timeouts.suspectAfter, members[index].status == .alive {
          members[index].status = .suspect
          events.append(.suspect(name, silence: silence))
        }
      case .dead: break
      }
    }
    return events
  }

  private mutating func forgiveOwnPause(now: Duration) {
    defer { lastTick = now }
    guard let lastTick, now - lastTick > timeouts.suspectAfter / 2 else { return }
    let pause = now - lastTick - timeouts.suspectAfter / 2
    for index in members.indices {
      members[index].lastHeard = min(now, members[index].lastHeard + pause)
      members[index].lastProgress = min(now, members[index].lastProgress + pause)
      members[index].busySince = members[index].busySince.map { min(now, $0 + pause) }
    }
  }

  /// How long a worker has made no progress with its step, when that is too long.
  private func standstill(of member: Member, now: Duration) -> Duration? {
    guard let since = member.busySince else { return nil }
    let still = now - max(since, member.lastProgress)
    return still >= max(timeouts.hungAfter, member.expectedStep * 6) - Timeouts.noticeDelay ? still : nil
  }

  /// The worker's connection broke. Its frames are lost for good, so the worker is dead at once. If it still runs, it
  /// joins again under another incarnation.
  package mutating func disconnected(name: String) -> [MembershipEvent] {
    guard let index = living(name) else { return [] }
    members[index].status = .dead
    return [.dead(name, reason: "the connection to worker \(name) broke")]
  }

  /// The worker gets no more layers.
  package mutating func drain(name: String) -> [MembershipEvent] {
    guard let index = living(name), members[index].status != .draining else { return [] }
    members[index].status = .draining
    return [.draining(name)]
  }

  /// The worker left, and is forgotten.
  package mutating func left(name: String) -> [MembershipEvent] {
    guard let index = living(name) else { return [] }
    members.remove(at: index)
    return [.left(name)]
  }

  private func living(_ name: String) -> Int? { members.firstIndex { $0.name == name && $0.status != .dead } }

  private mutating func forgetOldestDead() {
    let dead = members.indices.filter { members[$0].status == .dead }
    guard dead.count >= Limits.maximumWorkerCount,
      let oldest = dead.min(by: { members[$0].lastHeard < members[$1].lastHeard })
    else { return }
    members.remove(at: oldest)
  }
}
