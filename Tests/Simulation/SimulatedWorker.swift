import Cluster
import Inference
import Scheduling
import Worker


/// A worker process: the real link to the coordinator, a toy stage, and a compute thread that takes time.
struct SimulatedWorker {
  struct Held {
    var states: [UInt64]
    var length = 0
    var drawCount = 0
    let seed: UInt64
    let promptLength: Int
  }

  let name: String
  /// Counts the processes that have had this name, so that what was meant for one is not given to the next.
  var life = 0
  var isAlive = false
  var pausedUntil = Duration.zero
  var link: CoordinatorLink
  var assignment: SimulatedAssignment?
  var nextStep: UInt64 = 1
  var held: [SequenceID: Held] = [:]
  var queue: [SimulatedStep] = []
  /// The step being computed.
  var inHand: SimulatedStep?
  var isHung = false
  /// Told to forget while a step is in hand.
  var mustForget = false
  var progress: UInt64 = 0
  var expectedStep = Duration.zero
  /// The connection to the coordinator; nil while there is none.
  var connection: Int?

  init(name: String) {
    self.name = name
    link = CoordinatorLink(incarnation: 0, patience: .seconds(600), now: .zero)
  }

  mutating func start(incarnation: UInt64, now: Duration) {
    let next = SimulatedWorker(name: name)
    let life = life + 1
    self = next
    self.life = life
    isAlive = true
    link = CoordinatorLink(incarnation: incarnation, patience: .seconds(600), now: now)
  }

  var vitals: Vitals { Vitals(progress: progress, expectedStep: inHand == nil ? nil : expectedStep) }

  mutating func begin(_ assignment: SimulatedAssignment, bug: PlantedBug?) {
    self.assignment = assignment
    queue = []
    nextStep = 1
    if bug != .sequencesSurviveAssignment { held = [:] }
  }

  /// Whether the step is this stage's next; others are dropped at once.
  mutating func takes(_ step: SimulatedStep, bug: PlantedBug?) -> Bool {
    guard let assignment else { return false }
    if step.epoch != assignment.epoch, bug != .stageTakesAnyEpoch { return false }
    if step.plan.step != nextStep, bug != .stageTakesAnyStep { return false }
    nextStep = step.plan.step + 1
    return true
  }

  /// What the compute thread makes of the step in hand; nil when it holds no layers any more.
  mutating func compute(_ step: SimulatedStep, bug: PlantedBug?) -> SimulatedStep? {
    guard let assignment else { return nil }
    var made = step
    if bug != .releasesIgnored { for sequence in step.plan.releases { held[sequence] = nil } }
    for (index, entry) in step.plan.entries.enumerated() where step.failed[entry.sequence] == nil {
      if let opening = entry.opening, held[entry.sequence] == nil || bug == .stageTakesAnyStep {
        held[entry.sequence] = Held(
          states: Array(repeating: 0, count: assignment.layers.upper - assignment.layers.lower),
          seed: opening.sampling.seed, promptLength: opening.promptTokenCount)
      }
      guard var sequence = held[entry.sequence],
        sequence.length == entry.startPosition || bug == .sequencesSurviveAssignment || bug == .stageTakesAnyStep
      else {
        made.failed[entry.sequence] = "does not continue what \(name) holds"
        continue
      }
      let inputs = assignment.layers.lower == 0 ? entry.tokens.map { UInt64($0) } : step.rows[index]
      made.rows[index] = inputs.map { input in
        var value = input
        for layer in assignment.layers.indices {
          value = ToyModel.advance(&sequence.states[layer - assignment.layers.lower], layer: layer, input: value)
        }
        return value
      }
      sequence.length += inputs.count
      if assignment.isLast, entry.samples, let last = made.rows[index].last {
        // Counting draws gives the right positions until something is read again.
        let position =
          bug == .drawsByHistory ? sequence.promptLength + sequence.drawCount : entry.startPosition + entry.tokens.count
        sequence.drawCount += 1
        made.tokens[entry.sequence] = ToyModel.token(last, seed: sequence.seed, position: position)
      }
      held[entry.sequence] = sequence
    }
    return made
  }
}
