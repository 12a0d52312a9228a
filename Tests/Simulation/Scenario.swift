/// A short run whose requests and faults are listed instead of drawn, and whose network and stages always take the same
/// time. `Transcripts/NAME.txt` shows what happens in it.
package struct Scenario: Sendable {
  /// Also the transcript's file.
  package let name: String
  /// What the transcript shows, in a sentence.
  let claim: String
  let stageCount: Int
  var standbyCount = 0
  /// What the first request does to the workers that compute its tokens.
  var poison: Poison?
  /// When no worker with this number can keep weights.
  var fullDisks: [Int: Range<Duration>] = [:]
  /// In order of time.
  let acts: [(time: Duration, act: SimulatedAct)]
}

extension Scenario {
  package static let all: [Scenario] = [
    Scenario(
      name: "two-requests",
      claim: "A prompt fills the pipeline with its chunks; decodes of two requests alternate, and stages release both.",
      stageCount: 2,
      acts: [
        (.milliseconds(300), .request(promptCount: 40, newTokenCount: 3)),
        (.milliseconds(330), .request(promptCount: 10, newTokenCount: 4)),
      ]),
    Scenario(
      name: "worker-dies-in-prefill",
      claim:
        "The second stage's worker dies in the middle of a prompt and comes back; the first stage sends it what it "
        + "had computed instead of computing again.",
      stageCount: 2,
      acts: [
        (.milliseconds(300), .request(promptCount: 64, newTokenCount: 3)),
        (.milliseconds(345), .crash(worker: 1, restartAfter: .milliseconds(400))),
      ]),
    Scenario(
      name: "standby-takes-over",
      claim:
        "A worker dies for good while a request decodes; the standby loads its layers, and the request continues.",
      stageCount: 2, standbyCount: 1,
      acts: [
        (.milliseconds(300), .request(promptCount: 20, newTokenCount: 6)),
        (.milliseconds(380), .crash(worker: 1, restartAfter: .seconds(20))),
      ]),
    Scenario(
      name: "coordinator-restarts",
      claim:
        "A new coordinator finds the workers again with their layers loaded, and requests of the old one end with it.",
      stageCount: 2,
      acts: [
        (.milliseconds(300), .request(promptCount: 20, newTokenCount: 20)),
        (.milliseconds(400), .crashCoordinator(restartAfter: .milliseconds(300))),
        (.milliseconds(2500), .request(promptCount: 10, newTokenCount: 2)),
      ]),
    Scenario(
      name: "disk-is-full",
      claim:
        "A worker that cannot keep its layers' weights is excluded, and the standby loads them.",
      stageCount: 2, standbyCount: 1, fullDisks: [1: .zero ..< .seconds(3)],
      acts: [(.milliseconds(300), .request(promptCount: 10, newTokenCount: 2))]),
    Scenario(
      name: "partition",
      claim:
        "The coordinator loses a worker and serves all layers from the other; when the network mends, the worker "
        + "registers again.",
      stageCount: 2,
      acts: [
        (.milliseconds(300), .request(promptCount: 20, newTokenCount: 6)),
        (.milliseconds(370), .cut(.init(from: 1, to: -1), for: .seconds(4), isMutual: true)),
      ]),
    Scenario(
      name: "poison-request",
      claim:
        "A request that kills every worker that computes one of its tokens is found and ended; the other one is "
        + "finished.",
      stageCount: 1, standbyCount: 1, poison: .killsWorker,
      acts: [
        (.milliseconds(300), .request(promptCount: 10, newTokenCount: 2)),
        (.milliseconds(300), .request(promptCount: 10, newTokenCount: 2)),
      ]),
    Scenario(
      name: "client-leaves",
      claim:
        "A client leaves while its request decodes: the request ends, its pages are released, the other continues.",
      stageCount: 2,
      acts: [
        (.milliseconds(300), .request(promptCount: 10, newTokenCount: 25)),
        (.milliseconds(300), .request(promptCount: 10, newTokenCount: 5)),
        (.milliseconds(385), .abandon(request: 1)),
      ]),
    Scenario(
      name: "stage-hangs",
      claim:
        "A compute thread hangs while its process sends heartbeats: they show no progress, and the worker is "
        + "evicted.",
      stageCount: 2, standbyCount: 1,
      acts: [
        (.milliseconds(300), .request(promptCount: 20, newTokenCount: 6)),
        (.milliseconds(370), .hang(worker: 0)),
        (.seconds(15), .crash(worker: 0, restartAfter: .milliseconds(100))),
      ]),
    Scenario(
      name: "slow-step",
      claim:
        "A step takes longer than any patience: the worker is evicted, waits for the step, and registers again with "
        + "its layers loaded, whatever its heartbeats were answered meanwhile.",
      stageCount: 2,
      acts: [
        (.milliseconds(300), .request(promptCount: 20, newTokenCount: 4)),
        (.milliseconds(340), .slow(worker: 0, for: .seconds(20))),
        // The eviction and the answers to later heartbeats arrive together.
        (.milliseconds(2000), .cut(.init(from: -1, to: 0), for: .milliseconds(2500), isMutual: false)),
        (.seconds(22), .request(promptCount: 10, newTokenCount: 2)),
      ]),
    Scenario(
      name: "replay-log-is-lost",
      claim:
        "A worker dies and the stage before it cannot read its replay log: all stages compute the tokens again.",
      stageCount: 2,
      acts: [
        (.milliseconds(300), .request(promptCount: 20, newTokenCount: 6)),
        (.milliseconds(375), .spoilLogs(worker: 0)),
        (.milliseconds(380), .crash(worker: 1, restartAfter: .milliseconds(400))),
      ]),
  ]
}
