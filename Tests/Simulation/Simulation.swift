import Cluster
import Fixtures
import Core
import Scheduling
import Worker

/// A run that broke a rule: the seed runs it again.
package struct SimulationFailure: Error, CustomStringConvertible {
  package let seed: UInt64
  package let time: Duration
  package let rule: String
  package let trace: [String]

  package var description: String {
    "seed \(seed), after \(time): \(rule)\n" + trace.suffix(40).map { "  \($0)\n" }.joined()
  }
}

/// A whole cluster in one thread: the real decisions (`ClusterControl`, `Scheduler`, `CoordinatorLink`) over a toy
/// model, a network that delays, loses, doubles, reorders and cuts, and processes that crash, stand still and hang.
/// Everything follows from the seed.
///
/// Control messages arrive in order or not at all, as over a connection; data messages in any order, twice, or not.
package struct Simulation {
  enum Target: Hashable {
    case coordinator(life: Int)
    case worker(Int, life: Int)
  }

  enum Happening {
    case control(SimulatedMessage, connection: Int, to: Target)
    case data(SimulatedMessage, to: Target)
    case connectionBroke(Int, to: Target)
    case connect(worker: Int, life: Int)
    case computed(worker: Int, life: Int)
    case loaded(worker: Int, life: Int, PlanEpoch)
    case coordinatorTick(life: Int)
    case planned(PlanAnswer, life: Int)
    case heartbeat(worker: Int, life: Int)
    case linkTick(worker: Int, life: Int)
    case fault
    case startWorker(Int)
    case startCoordinator
    case request
    case abandon(SequenceID, life: Int)
    case scripted(SimulatedAct)
  }

  let seed: UInt64
  let bug: PlantedBug?
  /// What the first request does to those who compute it; nil when it is like the others.
  let poison: Poison?
  var poisoned: PoisonedSequence?
  /// What happens instead of what chance would bring; nil in a run from a seed.
  let scenario: Scenario?
  /// Lines for a reader; empty without a scenario.
  var transcript = Transcript()
  var random: SeededGenerator
  /// Draws prefixes and drafts; nil where there are none. Seeds keep all else.
  var sharing: SeededGenerator?
  var now = Duration.zero
  var events = EventHeap<Happening>()
  var workers: [SimulatedWorker]
  var coordinator: SimulatedCoordinator
  var report = SimulationReport()
  var trace: [String] = []
  /// Which worker a living connection belongs to.
  var connections: [Int: Int] = [:]
  var nextConnection = 1
  var network: SimulatedNetwork
  var pendingRequestCount = 0
  let hasFaults: Bool
  /// Faults end here; everything must come to an end soon after.
  let faultEnd: Duration
  var planner: SimulatedPlanner
  let stepMilliseconds: Int

  /// - Parameters:
  ///   - poison: takes the place of other faults.
  ///   - disksFill: whether some workers' disks are full for a while; plansTakeTime: whether a search takes time;
  ///     sharesPages: whether requests open on others' pages, and tokens are drafted; pagesRunOut: `PagePressure`.
  package init(
    seed: UInt64, bug: PlantedBug? = nil, poison: Poison? = nil, disksFill: Bool = true, plansTakeTime: Bool = true,
    sharesPages: Bool = true, pagesRunOut: Bool = true
  ) {
    self.seed = seed
    self.bug = bug
    self.poison = poison
    planner = SimulatedPlanner(seed: seed, takesTime: plansTakeTime)
    scenario = nil
    faultEnd = .seconds(15)
    var random = SeededGenerator(seed: seed)
    let needed = Int.random(in: 1...4, using: &random)
    workers = (0..<needed + Int.random(in: 0...2, using: &random)).map { SimulatedWorker(name: "w\($0)") }
    hasFaults = !random.chance(0.15) && poison == nil
    // A slow step now and then: longer than silence may be, shorter than six times itself.
    stepMilliseconds =
      random.chance(0.2) ? Int.random(in: 200...1800, using: &random) : Int.random(in: 1...20, using: &random)
    let lossShare = hasFaults && random.chance(0.5) ? Double.random(in: 0...0.03, using: &random) : 0
    network = SimulatedNetwork(faultEnd: hasFaults ? faultEnd : nil, lossShare: lossShare)
    coordinator = SimulatedCoordinator(
      workerCount: needed, firstEpoch: UInt32.random(in: 1...1 << 30, using: &random), now: .zero,
      pressure: pagesRunOut && sharesPages ? PagePressure(seed: seed, stepMilliseconds: stepMilliseconds) : nil)
    // A third of the workers log nothing, a third what is short.
    for index in workers.indices { workers[index].logLimit = [0, 40, .max][Int.random(in: 0...2, using: &random)] }
    self.random = random
    sharing = sharesPages ? SeededGenerator(seed: seed ^ 0x5AFE) : nil
    if disksFill, hasFaults { fillDisks() }
  }

  init(_ scenario: Scenario) {
    (self.scenario, seed, bug, poison) = (scenario, 0, nil, scenario.poison)
    planner = SimulatedPlanner(seed: 0, takesTime: false)
    faultEnd = scenario.acts.last?.time ?? .zero
    (hasFaults, stepMilliseconds) = (false, 10)
    network = SimulatedNetwork(faultEnd: nil, lossShare: 0, isEven: true)
    workers = (0..<scenario.stageCount + scenario.standbyCount).map {
      SimulatedWorker(name: "w\($0)")
    }
    coordinator = SimulatedCoordinator(workerCount: scenario.stageCount, firstEpoch: 1, now: .zero)
    random = SeededGenerator(seed: 0)
    for index in workers.indices {
      workers[index].logLimit = .max
      workers[index].fullDisk = scenario.fullDisks[index] ?? .zero ..< .zero
    }
  }

  /// Seeds of before disks did that go on as they were until one matters.
  private mutating func fillDisks() {
    var random = SeededGenerator(seed: seed ^ 0xD15C)
    for index in workers.indices where random.chance(0.2) {
      let begin = Duration.milliseconds(random.chance(0.5) ? 0 : Int.random(in: 0...12_000, using: &random))
      workers[index].fullDisk = begin..<begin + .milliseconds(Int.random(in: 100...8_000, using: &random))
    }
  }

  /// Runs to the end.
  package mutating func run() throws -> SimulationReport {
    for index in workers.indices { events.push(.startWorker(index), at: .milliseconds(index * 7)) }
    events.push(.coordinatorTick(life: 0), at: .zero)
    if let scenario {
      for (time, act) in scenario.acts {
        events.push(.scripted(act), at: time)
        if case .request = act { pendingRequestCount += 1 }
      }
    } else {
      drawRequests()
    }
    if hasFaults { events.push(.fault, at: .milliseconds(Int.random(in: 500...4000, using: &random))) }
    // Time for all requests one after the other, had they to be.
    let end = Duration.seconds(200) + .milliseconds(stepMilliseconds) * 1500
    while let (time, happening) = events.pop() {
      now = time
      report.events += 1
      guard now < end else { throw failure("not finished \(end) after the start: \(remains.open), \(remains.left)") }
      try handle(happening)
      do {
        try coordinator.scheduler?.checkIntegrity()
      } catch {
        throw failure("\(error)")
      }
      if now > faultEnd, report.requests > 0, pendingRequestCount == 0, remains.isOver { return try finish() }
    }
    throw failure("nothing happens any more")
  }

  private mutating func drawRequests() {
    pendingRequestCount = Int.random(in: 3...12, using: &random)
    for time in PagePressure.requestTimes(pendingRequestCount, coordinator.pressure, using: &random) {
      events.push(.request, at: time)
    }
  }

  private var remains: SimulationRemains { SimulationRemains(coordinator: coordinator, workers: workers) }

  var isDisturbed: Bool { hasFaults || poison != nil || scenario != nil }

  func failure(_ rule: String) -> SimulationFailure {
    SimulationFailure(seed: seed, time: now, rule: rule, trace: trace)
  }

  mutating func log(_ text: String) {
    if trace.count > 400 { trace.removeFirst(200) }
    trace.append("\(now) \(text)")
    write(text)
  }

  private mutating func go(on span: Duration, until isReached: (Simulation) -> Bool) throws {
    let end = now + span
    while !isReached(self), let (time, happening) = events.pop(), time < end {
      now = time
      try handle(happening)
    }
  }

  /// Everything has ended: nothing may be left behind.
  private mutating func finish() throws -> SimulationReport {
    guard coordinator.scheduler?.counts.usedPageCount ?? 0 == 0 else { throw failure("pages are left in use") }
    // Releases may still be on their way to later stages, step by slow step, or have to be sent again.
    try go(on: .seconds(60)) { $0.coordinator.isServing && $0.remains.holders.isEmpty }
    guard remains.holders.isEmpty else { throw failure("\(remains.holders) still hold sequences") }
    try go(on: .seconds(30)) { $0.remains.strays.isEmpty }
    guard poison == nil || report.blamed == 1 else { throw failure("what ends the plans was not found") }
    guard remains.strays.isEmpty else { throw failure("\(remains.strays) never came back into the cluster") }
    return report
  }
}

/// Events by time, then by order of arrival.
struct EventHeap<Element> {
  private var heap: [(time: Duration, number: Int, element: Element)] = []
  private var count = 0

  mutating func push(_ element: Element, at time: Duration) {
    heap.append((time, count, element))
    count += 1
    var child = heap.count - 1
    while child > 0, isBefore(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop() -> (Duration, Element)? {
    guard !heap.isEmpty else { return nil }
    heap.swapAt(0, heap.count - 1)
    let last = heap.removeLast()
    var parent = 0
    while true {
      let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < heap.count }
      guard let least = children.min(by: isBefore), isBefore(least, parent) else { break }
      heap.swapAt(least, parent)
      parent = least
    }
    return (last.time, last.element)
  }

  private func isBefore(_ left: Int, _ right: Int) -> Bool {
    (heap[left].time, heap[left].number) < (heap[right].time, heap[right].number)
  }
}
