package import Core

/// A host whose workers share its processors and the bandwidth of its memory.
///
/// Stages of a host that work at once take at least as long as the host, with all its threads, takes for one stage
/// after the other. A stage that works while the others wait takes its own worker's time.
package struct SharedHost: Hashable, Sendable {
  package let name: String
  /// What the threads of all its workers do together.
  package let speed: StageSpeed

  package init(name: String, speed: StageSpeed) {
    (self.name, self.speed) = (name, speed)
  }

  /// The speed of each worker while all work: those of a host share it by their own speeds. The same as alone where
  /// their host can do all that they do together.
  static func speedsTogether(_ workers: [WorkerResources]) -> [StageSpeed] {
    workers.map { worker in
      guard let host = worker.host else { return worker.speed }
      let wanted = workers.filter { $0.host?.name == host.name }.reduce(StageSpeed(prefill: 0, decode: 0)) {
        StageSpeed(prefill: $0.prefill + $1.speed.prefill, decode: $0.decode + $1.speed.decode)
      }
      return StageSpeed(
        prefill: worker.speed.prefill * min(1, host.speed.prefill / wanted.prefill),
        decode: worker.speed.decode * min(1, host.speed.decode / wanted.decode))
    }
  }

  /// How long steps take while every stage has one in hand.
  /// - Parameters:
  ///   - alone: a step of each stage while the others wait.
  ///   - hosts: of each stage, with the time that all of the host's threads take for its step; nil for a worker on a
  ///     host of its own.
  static func timesTogether(_ alone: [Double], hosts: [(name: String, time: Double)?]) -> [Double] {
    var sums: [String: (slowest: Double, whole: Double)] = [:]
    for case (let time, let host?) in zip(alone, hosts) {
      let sum = sums[host.name] ?? (0, 0)
      sums[host.name] = (max(sum.slowest, time), sum.whole + host.time)
    }
    return zip(alone, hosts).map { time, host in
      guard let sum = host.flatMap({ sums[$0.name] }), sum.whole > sum.slowest, sum.slowest > 0 else { return time }
      return time * (sum.whole / sum.slowest)
    }
  }
}
