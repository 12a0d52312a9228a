import Cluster
import Core
import Scheduling
import Worker

/// What happens when: deliveries, timers, computations.
extension Simulation {
  mutating func handle(_ happening: Happening) throws {
    switch happening {
    case .control(let message, let connection, let target):
      guard connections[connection] != nil, !postponed(happening, for: target) else { return }
      write(happening)
      try deliver(message, connection: connection, to: target)
    case .data(let message, let target):
      guard !postponed(happening, for: target) else { return }
      write(happening)
      let node = if case .worker(let index, _) = target { index } else { -1 }
      for old in network.takeHeldBack(before: message, at: node, now: now) {
        try deliver(old, connection: 0, to: target)
      }
      try deliver(message, connection: 0, to: target)
    case .connectionBroke(let connection, let target):
      guard !postponed(happening, for: target) else { return }
      write(happening)
      connectionBroke(connection, at: target)
    case .connect(let worker, let life): connect(worker, life: life)
    case .computed(let worker, let life): computed(worker, life: life)
    case .loaded(let worker, let life, let epoch):
      guard isCurrent(worker, life), !postponed(happening, for: .worker(worker, life: life)) else { return }
      loaded(worker, epoch)
    case .coordinatorTick(let life):
      guard life == coordinator.life, coordinator.isAlive else { return }
      if postponed(happening, for: .coordinator(life: life)) { return }
      events.push(happening, at: now + .milliseconds(100))
      var load = coordinator.load
      if bug == .lostFramesUnnoticed { load.lastStep = nil }
      try apply(.tick(load))
    case .planned(let answer, let life):
      guard !postponed(happening, for: .coordinator(life: life)) else { return }
      try apply(.planned(answer))
    case .heartbeat(let worker, let life):
      guard isCurrent(worker, life), !postponed(happening, for: .worker(worker, life: life)) else { return }
      events.push(happening, at: now + .milliseconds(100))
      guard workers[worker].link.isJoined, bug != .heartbeatOfComputeThread || workers[worker].inHand == nil
      else { return }
      tell(.heartbeat(incarnation: workers[worker].link.incarnation, workers[worker].vitals), from: worker)
    case .linkTick(let worker, let life):
      guard isCurrent(worker, life), !postponed(happening, for: .worker(worker, life: life)) else { return }
      events.push(happening, at: now + .milliseconds(250))
      perform(workers[worker].link.event(.tick(progress: workers[worker].progress), now: now), worker)
    case .fault: try fault()
    case .startWorker(let worker): start(worker)
    case .startCoordinator: startCoordinator()
    case .request: try request()
    case .abandon(let sequence, let life): abandon(sequence, life: life)
    case .scripted(let act): try perform(act)
    }
  }

  func isCurrent(_ worker: Int, _ life: Int) -> Bool {
    workers[worker].isAlive && workers[worker].life == life
  }

  /// Gives a process that stands still its events when it goes on, and the dead none. True when it is not to be handled
  /// now.
  mutating func postponed(_ happening: Happening, for target: Target) -> Bool {
    let until: Duration
    switch target {
    case .coordinator(let life):
      guard coordinator.isAlive, coordinator.life == life else { return true }
      until = coordinator.pausedUntil
    case .worker(let index, let life):
      guard isCurrent(index, life) else { return true }
      until = workers[index].pausedUntil
    }
    guard until > now else { return false }
    events.push(happening, at: until)
    return true
  }

  private mutating func deliver(_ message: SimulatedMessage, connection: Int, to target: Target) throws {
    switch target {
    case .coordinator: try deliverToCoordinator(message, connection)
    case .worker(let index, _): deliver(message, toWorker: index)
    }
  }
}
