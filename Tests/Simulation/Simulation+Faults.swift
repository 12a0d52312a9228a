import Cluster
import Fixtures
import Core
import Scheduling
import Worker

/// The network and what goes wrong in it; processes that end, stand still and hang.
extension Simulation {
  // MARK: Sending

  private var delay: Duration {
    mutating get { .microseconds(Int.random(in: 100...3000, using: &random)) }
  }

  private func target(_ node: Int) -> Target {
    node < 0 ? .coordinator(life: coordinator.life) : .worker(node, life: workers[node].life)
  }

  /// Over the worker's connection, in order; lost when there is none, or when it breaks first.
  mutating func tell(_ message: SimulatedMessage, from worker: Int) {
    guard let connection = workers[worker].connection else { return }
    send(message, connection, from: worker, to: -1)
  }

  mutating func tell(_ message: SimulatedMessage, to worker: String) {
    guard let connection = coordinator.peers[worker] else { return }
    tell(message, over: connection)
  }

  mutating func tell(_ message: SimulatedMessage, over connection: Int) {
    guard let worker = connections[connection] else { return }
    send(message, connection, from: -1, to: worker)
  }

  private mutating func send(_ message: SimulatedMessage, _ connection: Int, from: Int, to: Int) {
    let lane = connection * 2 + (from < 0 ? 1 : 0)
    var time = now + delay
    if let cut = cuts[Pair(from: from, to: to)] { time = max(time, cut) }
    time = max(time, (lastDelivery[lane] ?? .zero) + .microseconds(1))
    lastDelivery[lane] = time
    events.push(.control(message, connection: connection, to: target(to)), at: time)
  }

  mutating func sendData(_ message: SimulatedMessage, from: Int, to: Int) {
    var time = max(now + delay, (lastData[Pair(from: from, to: to)] ?? .zero) + .microseconds(1))
    if let cut = cuts[Pair(from: from, to: to)], cut > now {
      // Lost with its connection, or only kept by it until the way is open again.
      guard random.chance(0.5) else { return }
      time = max(time, cut)
    }
    guard hasFaults, now < faultEnd else { return push(message, from: from, to: to, at: time) }
    if random.chance(lossShare) { return }
    if random.chance(0.1) {
      if heldBack.count >= 200 { heldBack.removeFirst(100) }
      heldBack.append((message, to))
      // Mostly a copy.
      if random.chance(0.1) { return }
    }
    push(message, from: from, to: to, at: time)
    if random.chance(0.03) {
      events.push(.data(message, to: target(to)), at: time + .milliseconds(Int.random(in: 0...2000, using: &random)))
    }
  }

  /// In order, unless it takes longer, so that others overtake it.
  private mutating func push(_ message: SimulatedMessage, from: Int, to: Int, at time: Duration) {
    lastData[Pair(from: from, to: to)] = time
    let isLate = hasFaults && now < faultEnd && random.chance(0.03)
    let detour = isLate ? Duration.milliseconds(Int.random(in: 1...800, using: &random)) : .zero
    events.push(.data(message, to: target(to)), at: time + detour)
  }

  /// What was held back comes just before the step that has its number, under whatever plan that is by now.
  mutating func takeHeldBack(before message: SimulatedMessage, at target: Target) -> [SimulatedMessage] {
    guard !heldBack.isEmpty, now < faultEnd, let step = message.step else { return [] }
    let node = if case .worker(let index, _) = target { index } else { -1 }
    guard
      let place = heldBack.firstIndex(where: { old, to in
        to == node && old.step?.plan.step == step.plan.step && old.step?.epoch != step.epoch
      })
    else { return [] }
    return [heldBack.remove(at: place).message]
  }

  // MARK: Connections

  mutating func connect(_ index: Int, life: Int) {
    guard workers[index].isAlive, workers[index].life == life, workers[index].connection == nil else { return }
    let isCut = [Pair(from: index, to: -1), Pair(from: -1, to: index)].contains { (cuts[$0] ?? .zero) > now }
    guard coordinator.isAlive, !isCut, workers[index].pausedUntil <= now else {
      return events.push(.connect(worker: index, life: life), at: now + .milliseconds(300))
    }
    let connection = nextConnection
    nextConnection += 1
    connections[connection] = index
    workers[index].connection = connection
    perform(workers[index].link.event(.connected, now: now), index)
  }

  /// Both ends learn of it, each after a while of its own.
  private mutating func breakConnection(of index: Int) {
    guard let connection = workers[index].connection else { return }
    workers[index].connection = nil
    let life = workers[index].life
    events.push(
      .connectionBroke(connection, to: .coordinator(life: coordinator.life)),
      at: now + .milliseconds(Int.random(in: 1...80, using: &random)))
    if workers[index].isAlive {
      perform(workers[index].link.event(.disconnected, now: now), index)
      let wait = Duration.milliseconds(Int.random(in: 50...500, using: &random))
      events.push(.connect(worker: index, life: life), at: now + wait)
    }
  }

  mutating func connectionBroke(_ connection: Int, at target: Target) {
    connections[connection] = nil
    guard let name = coordinator.peers.first(where: { $0.value == connection })?.key else { return }
    coordinator.peers[name] = nil
    // An interruption in a run without faults is found where it is performed.
    try? apply(.linkBroke(worker: name))
  }

  // MARK: Faults

  mutating func fault() {
    guard now < faultEnd else { return heal() }
    report.faults += 1
    let index = Int.random(in: 0..<workers.count, using: &random)
    let span = Duration.milliseconds(Int.random(in: 50...4000, using: &random))
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<35: crash(index, restartAfter: span)
    case 35..<50:
      log("\(workers[index].name) stands still for \(span)")
      workers[index].pausedUntil = max(workers[index].pausedUntil, now + span)
    case 50..<60:
      log("\(workers[index].name) hangs")
      workers[index].isHung = true
    case 60..<80: cut(index, for: random.chance(0.2) ? span * 3 : span)
    case 80..<85:
      log("the logs of \(workers[index].name) cannot be read any more")
      workers[index].stage?.spoilLogs()
    case 85..<90:
      log("the connection of \(workers[index].name) breaks")
      breakConnection(of: index)
    case 90..<93:
      log("the coordinator stands still for \(span)")
      coordinator.pausedUntil = now + span
    default: crashCoordinator()
    }
    events.push(.fault, at: now + .milliseconds(Int.random(in: 30...3000, using: &random)))
  }

  /// A link, between workers or to the coordinator, one way or both.
  private mutating func cut(_ index: Int, for span: Duration) {
    let other = Int.random(in: -1..<workers.count, using: &random)
    guard other != index else { return }
    log("nothing passes from \(index) to \(other) for \(span)")
    cuts[Pair(from: index, to: other)] = now + span
    if Bool.random(using: &random) { cuts[Pair(from: other, to: index)] = now + span }
    let isNoticed = span > Duration.seconds(3)
    if other == -1 && isNoticed { breakConnection(of: index) }
  }

  mutating func crash(_ index: Int, restartAfter span: Duration) {
    guard workers[index].isAlive else { return }
    log("\(workers[index].name) crashes")
    workers[index].isAlive = false
    breakConnection(of: index)
    events.push(.startWorker(index), at: now + span)
  }

  mutating func start(_ index: Int) {
    guard !workers[index].isAlive else { return }
    workers[index].start(incarnation: UInt64.random(in: 0...UInt64.max / 2, using: &random), now: now)
    let life = workers[index].life
    log("\(workers[index].name) starts")
    events.push(.connect(worker: index, life: life), at: now + .milliseconds(5))
    events.push(.heartbeat(worker: index, life: life), at: now + .milliseconds(10))
    events.push(.linkTick(worker: index, life: life), at: now + .milliseconds(20))
  }

  /// Its requests end with it, in words; its workers come back to the next one.
  private mutating func crashCoordinator() {
    guard coordinator.isAlive else { return }
    log("the coordinator crashes")
    let life = coordinator.life + 1
    coordinator = SimulatedCoordinator(
      workerCount: coordinator.control.settings.neededWorkerCount,
      firstEpoch: UInt32.random(in: 1...1 << 30, using: &random), now: now)
    coordinator.life = life
    coordinator.isAlive = false
    for index in workers.indices { breakConnection(of: index) }
    connections = [:]
    events.push(.startCoordinator, at: now + .milliseconds(Int.random(in: 50...3000, using: &random)))
  }

  mutating func startCoordinator() {
    log("the coordinator starts")
    coordinator.isAlive = true
    events.push(.coordinatorTick(life: coordinator.life), at: now)
  }

  /// What went wrong is over; hung processes are started anew, as whoever watches over them would.
  private mutating func heal() {
    log("all is well from here on")
    cuts = [:]
    for index in workers.indices where workers[index].isHung { crash(index, restartAfter: .milliseconds(100)) }
  }
}

extension SeededGenerator {
  mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }
}
