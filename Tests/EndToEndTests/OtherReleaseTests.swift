import Fixtures
import Foundation
import TestTraits
import Testing

extension EndToEnd.Versions {
  /// Two releases in one cluster, each in turn as the coordinator and as a worker. `LONGHAUL_OTHER_RELEASE` names the
  /// other one's program.
  @Test(
    "this release and another give the same bytes together, or refuse each other with a message",
    .needsVariable("LONGHAUL_OTHER_RELEASE", naming: "a program of another release"),
    arguments: [true, false])
  func otherRelease(isOurCoordinator: Bool) async throws {
    let path = try #require(ProcessInfo.processInfo.environment["LONGHAUL_OTHER_RELEASE"])
    let (ours, theirs) = (Program.url.path, path)
    let (most, one) = isOurCoordinator ? (ours, theirs) : (theirs, ours)
    let folder = try ScratchFolder()
    // Two workers are of the coordinator's release, the third is of the other.
    let program = try folder.program(
      """
      case "$*" in *"--name w2 "*) exec \(one) "$@" ;; *) exec \(most) "$@" ;; esac
      """)
    let alone = try await ServedCluster(workerCount: 2, program: URL(fileURLWithPath: most))
    let body = EndToEnd.Recovery.request("The whale", tokens: 400, seed: 3, more: ", \"stream\": true")
    let whole = StreamedText(try await alone.post("/v1/completions", body).body)
    try #require(whole.isDone && whole.finishReason == "length")

    let cluster = try await ServedCluster(workerCount: 3, program: program, folder: folder, isToBeReady: false)
    let end = ContinuousClock.now + .seconds(30)
    while cluster.workers[2].isRunning, !cluster.log("w2").contains("registered") {
      try #require(ContinuousClock.now < end, "neither joined nor refused")
      try await Task.sleep(for: .milliseconds(20))
    }
    guard cluster.workers[2].isRunning else {
      let words = cluster.log("w2")
      print("coordinator \(most), worker \(one): \(words)")
      #expect(cluster.workers[2].terminationStatus == 69)
      #expect(words.contains(/version \d+, this worker \d+|rules [^ ]+ .* and this cluster by [^ ]+/))
      // Those of one release go on without it.
      try cluster.addWorker(program: URL(fileURLWithPath: most))
      try await cluster.waitUntilReady()
      #expect(StreamedText(try await cluster.post("/v1/completions", body).body) == whole)
      return
    }
    print("coordinator \(most), worker \(one): together")
    try await cluster.waitUntilReady()
    let disturbed = cluster.stream("/v1/completions", body)
    await cluster.waitForTokens(20, in: disturbed.answer)
    cluster.kill(2)
    try cluster.restartWorker(2)
    #expect(StreamedText(try await disturbed.end.value.body) == whole)
  }
}
