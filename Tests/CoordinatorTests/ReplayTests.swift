import Coordinator
import Core
import TestTraits
import Testing

/// Real stages, sockets and scheduler; a worker leaves in the middle of a request, and a standby takes its layers.
@Suite("Recovery from replay logs", .serialized, .ownThread, .timeLimit(.minutes(10)))
struct ReplayTests {
  /// Bytes of every worker's log, and which stages compute again when a stage is lost.
  struct Setting: Sendable, CustomTestStringConvertible {
    let logByteCount: Int?
    var diskByteCount = 0
    let rebuilt: [[Int]]
    var testDescription: String {
      (logByteCount.map { "a log of \($0) bytes" } ?? "a log that is large enough")
        + (diskByteCount > 0 ? " and \(diskByteCount) on disk" : "")
    }
  }

  /// On a busy machine an answer may have ended before its reader lets the worker go; then it is asked for once more.
  /// A loss that costs nothing must end the test all the same.
  private static let tries = 60

  static let settings = [
    Setting(logByteCount: nil, rebuilt: [[0], [1], [2]]),
    // Holds 128 of the prompt's 300 tokens: what is lost is rebuilt from the tokens, what comes after it stays.
    Setting(logByteCount: 32 << 10, rebuilt: [[0], [0, 1], [0, 1, 2]]),
    Setting(logByteCount: 32 << 10, diskByteCount: 1 << 20, rebuilt: [[0], [1], [2]]),
    Setting(logByteCount: 0, diskByteCount: 1 << 20, rebuilt: [[0], [0, 1], [0, 1, 2]]),
  ]

  @Test("only a lost stage recomputes, and no token changes", arguments: settings)
  func replayed(_ setting: Setting) async throws {
    let cluster = try PlayedCluster(
      logByteCount: setting.logByteCount, diskByteCount: setting.diskByteCount)
    try await cluster.start()
    let tokenCount = PlayedCluster.prompt.count + PlayedCluster.newTokenCount - 1
    for seed in [nil, 7] as [UInt64?] {
      let whole = try await cluster.answer(seed: seed)
      #expect(whole.finishReason == .length)
      for stage in 0..<PlayedCluster.stageCount {
        for moment in PlayedCluster.Moment.allCases {
          var (rows, again, reread) = ([Int](), 0, 0)
          for _ in 0..<Self.tries where again + reread == 0 {
            let before = cluster.engine.recoveries
            rows = cluster.rows
            #expect(try await cluster.answer(seed: seed, losing: (stage, moment)) == whole)
            let after = cluster.engine.recoveries
            again = after.replayedTokenCount - before.replayedTokenCount
            reread = after.rereadTokenCount - before.rereadTokenCount
          }
          let isWhole = setting.rebuilt[stage].count == PlayedCluster.stageCount
          #expect((reread > 0) == isWhole && (again > 0) != isWhole, "stage \(stage), \(moment)")
          if moment == .inAnswer { #expect(again + reread >= PlayedCluster.prompt.count) }
          for (index, count) in zip(cluster.rows, rows).map({ $0 - $1 }).enumerated() {
            let due = tokenCount + (setting.rebuilt[stage].contains(index) ? again + reread : 0)
            #expect(count == due, "stage \(index) computed \(count) rows when stage \(stage) was lost, \(moment)")
          }
        }
      }
    }
    await cluster.end()
  }

  /// Where all of it was on disk, every stage finds so at its first chunk, one after the other.
  @Test("disks that lose spilled logs cost time, and no token", arguments: [32 << 10, 1])
  func spoiled(logByteCount: Int) async throws {
    let cluster = try PlayedCluster(logByteCount: logByteCount, diskByteCount: 1 << 20)
    try await cluster.start()
    let whole = try await cluster.answer(seed: 7)
    var (spoiled, reread) = (0, 0)
    for stage in 1..<PlayedCluster.stageCount {
      for _ in 0..<Self.tries {
        let before = cluster.engine.recoveries.rereadTokenCount + cluster.engine.recoveries.replayedTokenCount
        let answer = try await cluster.answer(seed: 7, losing: (stage, .inAnswer)) {
          spoiled += try cluster.spoilSpilledLogs()
        }
        #expect(answer == whole, "stage \(stage)")
        let after = cluster.engine.recoveries.rereadTokenCount + cluster.engine.recoveries.replayedTokenCount
        reread = after - before
        if reread > 0 { break }
      }
      // Once in vain, out of the log, and once by the stages themselves.
      #expect(reread > 2 * PlayedCluster.prompt.count, "stage \(stage)")
    }
    #expect(spoiled >= 2)
    await cluster.end()
  }
}
