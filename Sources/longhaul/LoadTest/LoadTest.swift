import Foundation

/// A load test: what is sent where, and how it is judged.
struct LoadTest: Sendable {
  let target: LoadTarget
  let schedule: LoadSchedule
  let latencyTarget: LatencyTarget
  /// Sent as a bearer token.
  let key: String?
  /// A request that takes longer is given up.
  let secondsAtMost: Double
  let isQuiet: Bool

  /// Runs it. Ctrl-C ends it with a report of what was measured until then.
  /// - Returns: the report, and whether it was interrupted.
  /// - Throws: `CommandFailure` where the server does not answer at all.
  func run() async throws -> (report: LoadReport, isInterrupted: Bool) {
    let stop = LoadRun.Stop()
    let watcher = Task { for await _ in Interruption.signals() { stop.set() } }
    defer { watcher.cancel() }
    return try await withCheckedThrowingContinuation { continuation in
      // A thread of its own: a task's would be missing elsewhere while it waits.
      Thread.detachNewThread { continuation.resume(with: Result { try measure(stop) }) }
    }
  }

  func measure(_ stop: LoadRun.Stop) throws -> (report: LoadReport, isInterrupted: Bool) {
    let run = try LoadRun(target: target, key: key, secondsAtMost: secondsAtMost, stop: stop)
    var prompt = LoadPrompt(seed: schedule.seed)
    prompt.measure = try run.prepare(prompt)
    var bar = ProgressBar("load test", isWanted: !isQuiet, elsewhere: .lines)
    let records = run.run(schedule, prompt) { bar.update(done: $0, total: schedule.count) }
    bar.clear()
    return (LoadReport(records, of: self, model: run.model, measure: prompt.measure), stop.isSet)
  }
}
