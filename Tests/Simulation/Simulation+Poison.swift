import Core
import Scheduling

/// What a request can do to every worker that computes one of its tokens.
package enum Poison: CaseIterable, Sendable {
  case killsWorker
  /// The step goes no further.
  case losesStep
}

struct PoisonedSequence {
  let sequence: SequenceID
  let position: Int
}

extension Simulation {
  /// Lets the poison in a step work on who has computed it. False when there is none.
  mutating func poisonWorks(on index: Int, by step: SimulatedStep) -> Bool {
    guard let poison, let poisoned, let stage = workers[index].stage?.assignment.stageIndex,
      step.plan.entries.contains(where: { entry in
        entry.sequence == poisoned.sequence && (entry.rebuilding.isEmpty || entry.rebuilding.contains(stage))
          && (entry.startPosition..<entry.startPosition + entry.tokens.count).contains(poisoned.position)
      })
    else { return false }
    report.poisonings += 1
    if poison == .killsWorker { crash(index, restartAfter: .milliseconds(Int.random(in: 50...2000, using: &random))) }
    return true
  }

  /// The coordinator takes a request for the cause why plans end.
  mutating func blame(_ sequence: SequenceID) throws {
    guard sequence == poisoned?.sequence else { throw failure("\(sequence) is taken for what ends the plans") }
    report.blamed += 1
    coordinator.requests[sequence]?.isOver = true
    coordinator.scheduler?.cancel(sequence)
  }
}
