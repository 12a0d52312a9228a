import Cluster
import Core
import Scheduling
import Synchronization
import Wire

extension ClusterEngine {
  /// The cluster now. Any thread; takes the locks of both parts, one after the other.
  /// - Parameter number: completed steps after this one are in it, up to `StepHistory.capacity`; nil leaves them out.
  package func status(stepsAfter number: UInt64?) -> ClusterStatus {
    let work = tokens.work(stepsAfter: number)
    let now = driver.now
    return driver.state.withLock { state in
      let control = state.control
      let stages = control.plan?.stages ?? []
      return ClusterStatus(
        now: now.inSeconds, build: configuration.build, model: .init(model), phase: .init(control.phase),
        plan: control.plan.map {
          let links = control.links
          return .init($0, control.epoch, loaded: state.loadedFractions) { links[$0, $1] }
        },
        workers: control.membership.members.map { member in
          .init(
            member, stage: stages.firstIndex { $0.worker == member.name },
            offer: state.peers[member.name]?.registration.offer, now: now)
        },
        cache: work.counts.map { .init($0) },
        requests: .init(
          running: work.counts?.runningCount ?? 0, waiting: work.counts?.waitingCount ?? 0,
          stepsInFlight: work.counts?.stepsInFlightCount ?? 0, sequences: work.sequences.map { .init($0) }),
        totals: .init(
          steps: work.totals.stepCount, prefillTokens: work.totals.prefillTokenCount,
          generatedTokens: work.totals.generatedTokenCount, replayedTokens: work.recoveries.replayedTokenCount,
          rereadTokens: work.recoveries.rereadTokenCount),
        events: state.history.events.map { .init($0) }, steps: number == nil ? nil : work.steps.map { .init($0) })
    }
  }
}

extension ClusterEngine {
  /// Where the time of a request went; nil for one that is unknown, has long ended, or is another key's. Any thread.
  /// - Parameter key: the place of the API key in the server's list; 0 without keys.
  package func trace(of id: String, key: Int) -> TraceReport? {
    TraceReport(id: id, tokens.traces(of: id, key: key))
  }

  /// The spans of generations that ended after the first `cursor` ones, a bounded number at once. Any thread.
  /// - Parameter wallClock: nanoseconds since 1970, now.
  package func endedSpans(after cursor: Int, wallClock: UInt64) -> EndedSpans {
    tokens.endedSpans(after: cursor, wallClock: wallClock)
  }
}

extension DriverState {
  /// Of the stages of a plan that is rolled out; nil once it serves.
  fileprivate var loadedFractions: [Double]? {
    switch control.phase {
    case .rollingOut(.loading(let fractions)): fractions
    case .rollingOut: []
    default: nil
    }
  }
}
