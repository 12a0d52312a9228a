import Fixtures
import Scheduling

/// What happens to messages between nodes: how long they take, which are lost, doubled, late or kept back. A node is a
/// worker's number; the coordinator is -1.
struct SimulatedNetwork {
  struct Way: Hashable {
    let from: Int
    let to: Int
    var back: Way { Way(from: to, to: from) }
  }

  /// When the last fault may happen; nil where none does.
  let faultEnd: Duration?
  let lossShare: Double
  /// Whether every message takes the same time, and a cut loses what is sent meanwhile.
  var isEven = false
  /// Until when nothing passes.
  private var cuts: [Way: Duration] = [:]
  private var lastControl: [Int: Duration] = [:]
  private var lastData: [Way: Duration] = [:]
  /// Frames that are kept until they do the most harm, and where they are to go.
  private var heldBack: [(message: SimulatedMessage, to: Int)] = []

  init(faultEnd: Duration?, lossShare: Double, isEven: Bool = false) {
    (self.faultEnd, self.lossShare, self.isEven) = (faultEnd, lossShare, isEven)
  }

  mutating func cut(_ way: Way, until end: Duration) { cuts[way] = end }

  mutating func mend() { cuts = [:] }

  func isCut(_ way: Way, now: Duration) -> Bool { (cuts[way] ?? .zero) > now }

  private func delay(_ random: inout SeededGenerator) -> Duration {
    isEven ? .milliseconds(1) : .microseconds(Int.random(in: 100...3000, using: &random))
  }

  /// When a control message arrives: in order, as over a connection.
  mutating func arrival(
    over connection: Int, _ way: Way, now: Duration, random: inout SeededGenerator
  ) -> Duration {
    let lane = connection * 2 + (way.from < 0 ? 1 : 0)
    var time = now + delay(&random)
    if let cut = cuts[way] { time = max(time, cut) }
    time = max(time, (lastControl[lane] ?? .zero) + .microseconds(1))
    lastControl[lane] = time
    return time
  }

  /// When a frame arrives: once, twice or not at all, in order unless it takes longer, so that others overtake it.
  mutating func arrivals(
    of message: SimulatedMessage, _ way: Way, now: Duration, random: inout SeededGenerator
  ) -> [Duration] {
    var time = max(now + delay(&random), (lastData[way] ?? .zero) + .microseconds(1))
    if let cut = cuts[way], cut > now {
      // Lost with its connection, or only kept by it until the way is open again.
      guard !isEven, random.chance(0.5) else { return [] }
      time = max(time, cut)
    }
    guard let faultEnd, now < faultEnd else {
      lastData[way] = time
      return [time]
    }
    if random.chance(lossShare) { return [] }
    if random.chance(0.1) {
      if heldBack.count >= 200 { heldBack.removeFirst(100) }
      heldBack.append((message, way.to))
      // Mostly a copy.
      if random.chance(0.1) { return [] }
    }
    lastData[way] = time
    let isLate = random.chance(0.03)
    let detour = isLate ? Duration.milliseconds(Int.random(in: 1...800, using: &random)) : .zero
    guard random.chance(0.03) else { return [time + detour] }
    return [time + detour, time + .milliseconds(Int.random(in: 0...2000, using: &random))]
  }

  /// What was held back comes just before the step that has its number, under whatever plan that is by now.
  mutating func takeHeldBack(before message: SimulatedMessage, at node: Int, now: Duration)
    -> [SimulatedMessage]
  {
    guard let faultEnd, now < faultEnd, let step = message.step else { return [] }
    let place = heldBack.firstIndex { old, to in
      to == node && old.step?.plan.step == step.plan.step && old.step?.epoch != step.epoch
    }
    return place.map { [heldBack.remove(at: $0).message] } ?? []
  }
}

extension SeededGenerator {
  mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }
}
