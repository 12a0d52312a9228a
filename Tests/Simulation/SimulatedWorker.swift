import Cluster
import Inference
import Scheduling
import Worker


/// A worker process: the real link to the coordinator, a toy stage, and a compute thread that takes time.
struct SimulatedWorker {
  struct Held {
    /// Of every layer, after every token.
    var states: [[UInt64]] = []
    /// What was sent downstream of every token; nil once that was more than the log holds.
    var log: [UInt64]? = []
    var drawCount = 0
    let seed: UInt64
    let promptLength: Int
    var length: Int { states.count }
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
  /// The epoch whose first step said which sequences are here.
  var sequencesEpoch: PlanEpoch?
  /// Tokens a sequence's log holds at most.
  var logLimit = 0
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
    let (life, logLimit) = (life + 1, logLimit)
    self = next
    self.life = life
    self.logLimit = logLimit
    isAlive = true
    link = CoordinatorLink(incarnation: incarnation, patience: .seconds(600), now: now)
  }

  var vitals: Vitals { Vitals(progress: progress, expectedStep: inHand == nil ? nil : expectedStep) }

  mutating func begin(_ assignment: SimulatedAssignment, bug: PlantedBug?) {
    let isSame = self.assignment.map {
      $0.layers == assignment.layers && $0.isLast == assignment.isLast
        && ($0.stageIndex == 0) == (assignment.stageIndex == 0)
    }
    let isResumed = assignment.resumedEpoch != nil && assignment.resumedEpoch == sequencesEpoch
    self.assignment = assignment
    queue = []
    nextStep = 1
    guard bug != .sequencesSurviveAssignment else { return }
    if isSame != true || !(isResumed || bug == .keepsSequencesOfAnyEpoch) {
      forgetSequences()
    }
  }

  mutating func forgetSequences() {
    held = [:]
    sequencesEpoch = nil
  }

  var heldSequences: [HeldSequence] {
    held.map { HeldSequence(sequence: $0, length: $1.length, loggedCount: $1.log?.count ?? 0) }
  }

  /// The first step of an epoch says which sequences go on, and from where. False when one is not here.
  private mutating func resume(_ step: SimulatedStep, bug: PlantedBug?) -> Bool {
    guard let assignment, bug != .sequencesSurviveAssignment else { return true }
    var kept: [SequenceID: Held] = [:]
    for resumed in step.plan.resumes where !resumed.rebuilding.contains(assignment.stageIndex) {
      guard var sequence = held[resumed.sequence], sequence.length >= resumed.length else { return false }
      if bug != .resumesWithoutCutting {
        sequence.states.removeLast(sequence.length - resumed.length)
        if let log = sequence.log { sequence.log = Array(log.prefix(resumed.length)) }
      }
      kept[resumed.sequence] = sequence
    }
    held = kept
    sequencesEpoch = step.epoch
    return true
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
    if step.plan.step == 1, !resume(step, bug: bug) {
      made.failure = "\(name) does not hold what goes on"
    }
    if bug != .releasesIgnored { for sequence in step.plan.releases { held[sequence] = nil } }
    guard made.failure == nil else { return made }
    let index = assignment.stageIndex
    for (place, entry) in step.plan.entries.enumerated() where step.failed[entry.sequence] == nil {
      let positions = entry.startPosition..<entry.startPosition + entry.tokens.count
      guard entry.rebuilding.isEmpty || entry.rebuilding.contains(index) else {
        made.rows[place] = []
        if entry.rebuilding.contains(index + 1) {
          guard let log = held[entry.sequence]?.log, log.count >= positions.upperBound else {
            made.failure = "\(name) has no log of \(entry.sequence)"
            return made
          }
          made.rows[place] = Array(log[positions])
        }
        continue
      }
      made.rows[place] = read(entry, assignment, inputs: step.rows[place], bug: bug, made: &made)
    }
    return made
  }

  /// Runs the layers over an entry's tokens.
  private mutating func read(
    _ entry: StepEntry, _ assignment: SimulatedAssignment, inputs: [UInt64], bug: PlantedBug?,
    made: inout SimulatedStep
  ) -> [UInt64] {
    if let opening = entry.opening, held[entry.sequence] == nil || bug == .stageTakesAnyStep {
      held[entry.sequence] = Held(seed: opening.sampling.seed, promptLength: opening.promptTokenCount)
    }
    guard var sequence = held[entry.sequence],
      sequence.length == entry.startPosition || bug == .sequencesSurviveAssignment || bug == .stageTakesAnyStep
    else {
      made.failed[entry.sequence] = "does not continue what \(name) holds"
      return []
    }
    let inputs = assignment.layers.lower == 0 ? entry.tokens.map { UInt64($0) } : inputs
    var states = sequence.states.last ?? Array(repeating: 0, count: assignment.layers.upper - assignment.layers.lower)
    let rows = inputs.map { input in
      var value = input
      for layer in assignment.layers.indices {
        value = ToyModel.advance(&states[layer - assignment.layers.lower], layer: layer, input: value)
      }
      sequence.states.append(states)
      return value
    }
    if let log = sequence.log { sequence.log = sequence.length <= logLimit ? log + rows : nil }
    if assignment.isLast, entry.samples, let last = rows.last {
      // Counting draws gives the right positions until something is read again.
      let position =
        bug == .drawsByHistory ? sequence.promptLength + sequence.drawCount : entry.startPosition + entry.tokens.count
      sequence.drawCount += 1
      made.tokens[entry.sequence] = ToyModel.token(last, seed: sequence.seed, position: position)
    }
    held[entry.sequence] = sequence
    return rows
  }
}
