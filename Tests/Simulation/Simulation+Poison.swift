import Core
import Scheduling

/// What a request can do to every stage that computes one of its tokens.
package enum Poison: CaseIterable, Sendable {
  case killsWorker
  /// The step is not passed on.
  case losesStep
  /// The stage reports that it could not compute the step.
  case failsStep
}

struct PoisonedSequence {
  let sequence: SequenceID
  let position: Int
}

extension Simulation {
  /// Lets the poison in a step act on the stage that has computed it. Nil when there is none.
  mutating func poisonActs(on index: Int, in step: SimulatedStep) -> Poison? {
    guard let poison, let poisoned, step.failure == nil, let stage = workers[index].stage?.assignment.stageIndex,
      step.plan.entries.contains(where: { entry in
        entry.sequence == poisoned.sequence && (entry.rebuilding.isEmpty || entry.rebuilding.contains(stage))
          && (entry.startPosition..<entry.startPosition + entry.tokens.count).contains(poisoned.position)
      })
    else { return nil }
    report.poisonings += 1
    if poison == .killsWorker { crash(index, restartAfter: drawn(50...2000, scripted: Scripted.restart)) }
    return poison
  }

  /// The coordinator takes a request for the cause why plans end.
  mutating func blame(_ sequence: SequenceID) throws {
    guard sequence == poisoned?.sequence else { throw failure("\(sequence) is taken for what ends the plans") }
    report.blamed += 1
    coordinator.requests[sequence]?.isOver = true
    coordinator.scheduler?.cancel(sequence)
  }
}
