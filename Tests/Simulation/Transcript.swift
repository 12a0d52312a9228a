import Core
import Scheduling

/// What a reader sees of a run: messages as they arrive, decisions, faults and tokens, each with its time in seconds.
/// Left out: heartbeats, their answers and timers.
struct Transcript {
  private(set) var lines: [String] = []

  mutating func add(_ text: String, at time: Duration) {
    let milliseconds = Int(time / .milliseconds(1))
    let seconds = "\(milliseconds / 1000).\("\(milliseconds % 1000 + 1000)".dropFirst())"
    lines.append(String(repeating: " ", count: max(0, 7 - seconds.count)) + seconds + "  " + text)
  }

  /// What a message says; nil for one that is left out.
  static func text(of message: SimulatedMessage) -> String? {
    switch message {
    case .register(_, _, let loaded): "register" + (loaded.map { ", layers \($0) loaded" } ?? "")
    case .stageReady(let epoch, let held):
      "ready for \(epoch)"
        + (held.isEmpty
          ? "" : ", holds " + held.map { "\($0.length) tokens of \($0.sequence)" }.sorted().joined(separator: ", "))
    case .stageFailed(let epoch, let reason): "cannot serve \(epoch): \(reason)"
    case .rejoin: "rejoin"
    case .refused: "refused"
    case .assign(let assignment): "assign layers \(assignment.layers) of \(assignment.epoch)"
    case .forward(let step): "step \(step.plan.step): " + text(of: step.plan)
    case .result(let step): "result of step \(step.plan.step)" + outcome(of: step)
    case .heartbeat, .welcome: nil
    }
  }

  private static func text(of plan: StepPlan) -> String {
    let entries = plan.entries.map { entry in
      let end = entry.startPosition + entry.tokens.count
      return "\(entry.sequence) [\(entry.startPosition), \(end))"
        + (entry.rebuilding.isEmpty ? "" : " replayed")
    }
    let resumes =
      plan.resumes.isEmpty ? [] : ["resume " + list(plan.resumes.map(\.sequence))]
    let releases = plan.releases.isEmpty ? [] : ["release " + list(plan.releases)]
    return (resumes + releases + entries).joined(separator: ", ")
  }

  private static func list(_ sequences: [SequenceID]) -> String {
    sequences.sorted().map { "\($0)" }.joined(separator: " and ")
  }

  private static func outcome(of step: SimulatedStep) -> String {
    if let failure = step.failure { return ": \(failure)" }
    let failed = step.failed.sorted { $0.key < $1.key }.map { "\($0.key) failed: \($0.value)" }
    let tokens = step.sampled.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { sequence, sampled in
      "\(sequence) samples " + sampled.map { "\($0.token)" }.joined(separator: " and ")
    }
    return failed.isEmpty && tokens.isEmpty ? "" : ": " + (failed + tokens).joined(separator: ", ")
  }
}

extension Transcript {
  /// What a happening brings; nil for one that is left out.
  /// - Parameters:
  ///   - names: of the workers.
  ///   - connections: the worker of every living connection.
  static func text(of happening: Simulation.Happening, names: [String], connections: [Int: Int]) -> String? {
    switch happening {
    case .control(let message, let connection, let target):
      guard let worker = connections[connection], let text = text(of: message) else { return nil }
      if case .coordinator = target { return "\(names[worker]) → coordinator: \(text)" }
      return "coordinator → \(names[worker]): \(text)"
    case .data(let message, let target):
      guard let text = text(of: message) else { return nil }
      if case .worker(let worker, _) = target { return "→ \(names[worker]): \(text)" }
      return "→ coordinator: \(text)"
    case .connectionBroke(let connection, _):
      return connections[connection].map { "the connection of \(names[$0]) is lost" }
    default: return nil
    }
  }
}

extension Simulation {
  mutating func write(_ text: @autoclosure () -> String) {
    if scenario != nil { transcript.add(text(), at: now) }
  }

  /// Writes what a happening brings, before it is handled.
  mutating func write(_ happening: Happening) {
    guard scenario != nil else { return }
    if let text = Transcript.text(of: happening, names: workers.map(\.name), connections: connections) { write(text) }
  }
}

extension Scenario {
  /// What happens in it, with its name and claim as head.
  /// - Throws: `SimulationFailure` when a rule is broken.
  package func transcript() throws -> String {
    var simulation = Simulation(self)
    let report = try simulation.run()
    let head = ["# \(name)", "# \(claim)", ""]
    let foot = ["", "tokens: \(report.tokens), plans: \(report.plans)"]
    return (head + simulation.transcript.lines + foot).joined(separator: "\n") + "\n"
  }
}
