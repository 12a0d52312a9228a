import Cluster
import Fixtures
import Core
import Scheduling
import Worker

/// Messages on their way, connections, and processes that end, stand still and hang.
extension Simulation {
  /// Times in a scenario, in place of drawn ones.
  enum Scripted {
    static let detection = Duration.milliseconds(10)
    static let reconnect = Duration.milliseconds(100)
    static let loading = Duration.milliseconds(100)
    static let retry = Duration.milliseconds(100)
    static let restart = Duration.milliseconds(200)
  }

  /// Milliseconds from a range, or the usual time where a scenario stands for chance.
  mutating func drawn(_ range: ClosedRange<Int>, scripted: Duration) -> Duration {
    scenario == nil ? .milliseconds(Int.random(in: range, using: &random)) : scripted
  }

  // MARK: Sending

  private func target(_ node: Int) -> Target {
    node < 0 ? .coordinator(life: coordinator.life) : .worker(node, life: workers[node].life)
  }

  /// Over the worker's connection, in order; lost when there is none, or when it breaks first.
  mutating func tell(_ message: SimulatedMessage, from worker: Int) {
    guard let connection = workers[worker].connection else { return }
    send(message, connection, .init(from: worker, to: -1))
  }

  mutating func tell(_ message: SimulatedMessage, to worker: String) {
    guard let connection = coordinator.peers[worker] else { return }
    tell(message, over: connection)
  }

  mutating func tell(_ message: SimulatedMessage, over connection: Int) {
    guard let worker = connections[connection] else { return }
    send(message, connection, .init(from: -1, to: worker))
  }

  private mutating func send(
    _ message: SimulatedMessage, _ connection: Int, _ way: SimulatedNetwork.Way
  ) {
    let time = network.arrival(over: connection, way, now: now, random: &random)
    events.push(.control(message, connection: connection, to: target(way.to)), at: time)
  }

  mutating func sendData(_ message: SimulatedMessage, from: Int, to: Int) {
    for time in network.arrivals(of: message, .init(from: from, to: to), now: now, random: &random) {
      events.push(.data(message, to: target(to)), at: time)
    }
  }

  // MARK: Connections

  mutating func connect(_ index: Int, life: Int) {
    guard workers[index].isAlive, workers[index].life == life, workers[index].connection == nil else { return }
    let way = SimulatedNetwork.Way(from: index, to: -1)
    let isCut = network.isCut(way, now: now) || network.isCut(way.back, now: now)
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
      at: now + drawn(1...80, scripted: Scripted.detection))
    if workers[index].isAlive {
      perform(workers[index].link.event(.disconnected, now: now), index)
      events.push(
        .connect(worker: index, life: life), at: now + drawn(50...500, scripted: Scripted.reconnect)
      )
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

  mutating func fault() throws {
    guard now < faultEnd else { return heal() }
    report.faults += 1
    if let act = SimulatedAct.drawn(workerCount: workers.count, random: &random) { try perform(act) }
    events.push(.fault, at: now + .milliseconds(Int.random(in: 30...3000, using: &random)))
  }

  mutating func perform(_ act: SimulatedAct) throws {
    switch act {
    case .request(let promptCount, let newTokenCount):
      guard coordinator.takesRequests else { return events.push(.scripted(act), at: now + Scripted.retry) }
      try submit(SimulatedRequest(prompt: (0..<promptCount).map { TokenID($0) }, newTokens: newTokenCount, seed: 0))
    case .abandon(let request): abandon(SequenceID(request), life: coordinator.life)
    case .crash(let worker, let span): crash(worker, restartAfter: span)
    case .stop(let worker, let span):
      log("\(workers[worker].name) stands still for \(span)")
      workers[worker].pausedUntil = max(workers[worker].pausedUntil, now + span)
    case .hang(let worker):
      log("\(workers[worker].name) hangs")
      workers[worker].isHung = true
    case .slow(let worker, let span):
      log("\(workers[worker].name) computes slowly for \(span)")
      workers[worker].slowUntil = now + span
    case .cut(let way, let span, let isMutual): cut(way, for: span, isMutual: isMutual)
    case .spoilLogs(let worker):
      log("the logs of \(workers[worker].name) cannot be read any more")
      workers[worker].stage?.spoilLogs()
    case .breakConnection(let worker):
      log("the connection of \(workers[worker].name) breaks")
      breakConnection(of: worker)
    case .stopCoordinator(let span):
      log("the coordinator stands still for \(span)")
      coordinator.pausedUntil = now + span
    case .crashCoordinator(let span): crashCoordinator(restartAfter: span)
    }
  }

  private mutating func cut(_ way: SimulatedNetwork.Way, for span: Duration, isMutual: Bool) {
    log(
      "nothing passes from \(name(way.from)) to \(name(way.to))\(isMutual ? " and back" : "") for \(span)"
    )
    network.cut(way, until: now + span)
    if isMutual { network.cut(way.back, until: now + span) }
    let isNoticed = span > Duration.seconds(3)
    if way.to == -1 && isNoticed { breakConnection(of: way.from) }
  }

  private func name(_ node: Int) -> String { node < 0 ? "the coordinator" : workers[node].name }

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

  /// Its requests end with it; its workers come back to the next one.
  /// - Parameter span: drawn when nil.
  mutating func crashCoordinator(restartAfter span: Duration?) {
    guard coordinator.isAlive else { return }
    log("the coordinator crashes")
    coordinator = coordinator.successor(
      firstEpoch: scenario == nil ? UInt32.random(in: 1...1 << 30, using: &random) : 101, now: now)
    for index in workers.indices { breakConnection(of: index) }
    connections = [:]
    events.push(
      .startCoordinator,
      at: now + (span ?? .milliseconds(Int.random(in: 50...3000, using: &random))))
  }

  mutating func startCoordinator() {
    log("the coordinator starts")
    coordinator.isAlive = true
    events.push(.coordinatorTick(life: coordinator.life), at: now)
  }

  /// What went wrong is over; hung processes are started again, as their supervisor would.
  private mutating func heal() {
    log("all is well from here on")
    network.mend()
    for index in workers.indices where workers[index].isHung { crash(index, restartAfter: .milliseconds(100)) }
  }
}
