import Core
import Paging
import Scheduling

/// The layers a simulated worker has loaded, with the pages and the sequences in them: what `ServingStage` is in the
/// product.
struct SimulatedStage {
  struct Held {
    /// Of every layer, after every token.
    var states: [[UInt64]] = []
    /// What was written into the pages for every token.
    var keys: [UInt64] = []
    var pages: [PageID] = []
    /// What was sent downstream of every token; nil once that was more than the log holds, or began in the middle.
    var log: [UInt64]? = []
    var drawCount = 0
    let seed: UInt64
    let promptLength: Int
    var length: Int { keys.count }

    /// Forgets all tokens from a position on.
    mutating func cut(to length: Int, bug: PlantedBug?) {
      guard length < self.length else { return }
      states.removeLast(self.length - length)
      keys.removeLast(self.length - length)
      pages.removeLast(pages.count - PageCount.of(tokens: length))
      if let log, bug != .cutKeepsLog { self.log = Array(log.prefix(length)) }
    }

    /// The place of a token in the stage's pages.
    func slot(_ position: Int) -> Int {
      Int(pages[position / Limits.pageSize].rawValue) * Limits.pageSize + position % Limits.pageSize
    }
  }

  let worker: String
  private(set) var assignment: SimulatedAssignment
  /// Tokens a sequence's log holds at most.
  let logLimit: Int
  /// Whether frames of the assignment's epoch are taken.
  private var isServing = true
  private var nextStep: UInt64 = 1
  private(set) var held: [SequenceID: Held] = [:]
  /// The epoch whose first step said which sequences are here.
  private var sequencesEpoch: PlanEpoch?
  /// The next attempt to read a log finds that it cannot be.
  private var hasUnreadableLogs = false
  /// Keys by page and place: what one sequence writes into another's page spoils it.
  private var store: [UInt64]
  /// The layers' states after the token of each key, for sequences that open on its page.
  private var storedStates: [[UInt64]]

  init(_ assignment: SimulatedAssignment, worker: String, logLimit: Int) {
    self.assignment = assignment
    self.worker = worker
    self.logLimit = logLimit
    store = Array(repeating: 0, count: assignment.pageCount * Limits.pageSize)
    storedStates = Array(
      repeating: Array(repeating: 0, count: assignment.layers.upper - assignment.layers.lower), count: store.count)
  }

  func canServe(_ other: SimulatedAssignment) -> Bool {
    assignment.layers == other.layers && assignment.isLast == other.isLast
      && (assignment.stageIndex == 0) == (other.stageIndex == 0)
  }

  /// Goes on under another epoch.
  mutating func begin(_ assignment: SimulatedAssignment, bug: PlantedBug?) {
    let isResumed = assignment.previousEpoch != nil && assignment.previousEpoch == sequencesEpoch
    self.assignment = assignment
    isServing = true
    nextStep = 1
    guard bug != .sequencesSurviveAssignment, bug != .keepsSequencesOfAnyEpoch, !isResumed else { return }
    forgetSequences()
  }

  /// Is not part of the cluster any more.
  mutating func forget(bug: PlantedBug?) {
    isServing = false
    if bug != .keepsSequencesOfAnyEpoch { forgetSequences() }
  }

  private mutating func forgetSequences() {
    held = [:]
    sequencesEpoch = nil
  }

  var residentSequences: [ResidentSequence] {
    held.map { ResidentSequence(sequence: $0, length: $1.length, loggedCount: $1.log?.count ?? 0) }
  }

  /// Whether the step is this stage's next; others are dropped at once.
  mutating func takes(_ step: SimulatedStep, bug: PlantedBug?) -> Bool {
    guard isServing else { return false }
    if step.epoch != assignment.epoch, bug != .stageTakesAnyEpoch { return false }
    if step.plan.step != nextStep, bug != .stageTakesAnyStep { return false }
    nextStep = step.plan.step + 1
    return true
  }

  // MARK: Computing

  /// What the compute thread makes of a step it took.
  mutating func compute(_ step: SimulatedStep, bug: PlantedBug?) -> SimulatedStep {
    var made = step
    if step.plan.step == 1, !resume(step, bug: bug) {
      made.failure = "\(worker) does not hold what goes on"
    }
    if bug != .releasesIgnored { for sequence in step.plan.releases { held[sequence] = nil } }
    guard made.failure == nil else { return made }
    let index = assignment.stageIndex
    for (place, entry) in step.plan.entries.enumerated() where step.failed[entry.sequence] == nil {
      let positions = entry.startPosition..<entry.startPosition + entry.tokens.count
      guard entry.rebuilding.isEmpty || entry.rebuilding.contains(index) else {
        made.rows[place] = []
        if entry.rebuilding.contains(index + 1) {
          guard let log = readLog(of: entry.sequence), log.count >= positions.upperBound else {
            made.failure = "\(worker) has no log of \(entry.sequence)"
            return made
          }
          made.rows[place] = Array(log[positions])
        }
        continue
      }
      made.rows[place] = read(entry, inputs: step.rows[place], bug: bug, made: &made)
    }
    return made
  }

  mutating func spoilLogs() { hasUnreadableLogs = true }

  private mutating func readLog(of sequence: SequenceID) -> [UInt64]? {
    if hasUnreadableLogs {
      hasUnreadableLogs = false
      for id in held.keys { held[id]?.log = nil }
    }
    return held[sequence]?.log
  }

  /// The first step of an epoch says which sequences go on, and from where. False when one is not here.
  private mutating func resume(_ step: SimulatedStep, bug: PlantedBug?) -> Bool {
    guard bug != .sequencesSurviveAssignment else { return true }
    sequencesEpoch = nil
    var kept: [SequenceID: Held] = [:]
    for resumed in step.plan.resumes where !resumed.rebuilding.contains(assignment.stageIndex) {
      guard var sequence = held[resumed.sequence], sequence.length >= resumed.length else { return false }
      sequence.cut(to: resumed.length, bug: bug)
      kept[resumed.sequence] = sequence
    }
    held = kept
    sequencesEpoch = step.epoch
    return true
  }

  /// Runs the layers over an entry's tokens.
  private mutating func read(
    _ entry: StepEntry, inputs: [UInt64], bug: PlantedBug?, made: inout SimulatedStep
  ) -> [UInt64] {
    let isLax = bug == .sequencesSurviveAssignment || bug == .stageTakesAnyStep
    if let opening = entry.opening {
      guard held[entry.sequence] == nil || isLax else {
        made.failed[entry.sequence] = "is opened twice on \(worker)"
        held[entry.sequence] = nil
        return []
      }
      if held[entry.sequence] == nil || bug == .stageTakesAnyStep {
        held[entry.sequence] = opened(opening, bug: bug)
      }
    }
    guard var sequence = held[entry.sequence], sequence.length >= entry.startPosition || isLax else {
      made.failed[entry.sequence] = "does not continue what \(worker) holds"
      held[entry.sequence] = nil
      return []
    }
    if bug != .cutIgnored { sequence.cut(to: entry.startPosition, bug: bug) }
    sequence.pages += entry.newPages
    guard sequence.pages.count >= PageCount.of(tokens: sequence.length + entry.tokens.count) else {
      made.failed[entry.sequence] = "has too few pages on \(worker)"
      held[entry.sequence] = nil
      return []
    }
    let layers = assignment.layers
    let inputs = layers.lower == 0 ? entry.tokens.map { UInt64($0) } : inputs
    var states =
      sequence.states.last
      ?? Array(
        repeating: ToyModel.firstState(groupSize: entry.policy.groupSize), count: layers.upper - layers.lower)
    if !isWhole(sequence) { states = states.map { ToyModel.mix($0, 1) } }
    let rows = inputs.map { input in
      var value = input
      for layer in layers.indices {
        value = ToyModel.advance(&states[layer - layers.lower], layer: layer, input: value)
      }
      sequence.states.append(states)
      sequence.keys.append(value)
      store[sequence.slot(sequence.length - 1)] = value
      storedStates[sequence.slot(sequence.length - 1)] = states
      return value
    }
    if let log = sequence.log {
      sequence.log = sequence.length <= logLimit || bug == .logsUnsentPrefix ? log + rows : nil
    }
    if assignment.isLast {
      made.sampled[entry.sequence] = entry.output.sampledRows.clamped(to: rows.indices).map { row in
        // Counting draws gives the right positions until something is computed again.
        let position =
          bug == .drawsByHistory ? sequence.promptLength + sequence.drawCount : entry.startPosition + row + 1
        sequence.drawCount += 1
        return SampledToken(ToyModel.token(rows[row], seed: sequence.seed, position: position))
      }
    }
    held[entry.sequence] = sequence
    return rows
  }

  /// A sequence as it begins, on what its cached pages hold.
  private func opened(_ opening: SequenceStart, bug: PlantedBug?) -> Held {
    var sequence = Held(seed: opening.sampling.seed, promptLength: opening.promptTokenCount)
    guard let prefix = opening.cachedPrefix else { return sequence }
    sequence.pages = prefix.pages
    sequence.keys = (0..<prefix.tokenCount).map { store[sequence.slot($0)] }
    sequence.states = (0..<prefix.tokenCount).map { storedStates[sequence.slot($0)] }
    sequence.log = bug == .logsUnsentPrefix ? sequence.keys.map { _ in 0 } : nil
    return sequence
  }

  /// Whether the pages of a sequence still have what it wrote into them: attention reads all of it.
  private func isWhole(_ sequence: Held) -> Bool {
    sequence.keys.indices.allSatisfy { store[sequence.slot($0)] == sequence.keys[$0] }
  }
}
