import Core
import Testing

@testable import Coordinator
@testable import Scheduling

@Suite("What a server is busy with")
struct ServerLoadTests {
  private static func progress(_ id: UInt64, _ phase: SequenceProgress.Phase) throws -> SequenceProgress {
    SequenceProgress(
      sequence: SequenceID(id), phase: phase, promptTokenCount: 4, computedTokenCount: 6,
      generatedTokenCount: 3, maximumNewTokens: 8, pageCount: 1,
      policy: try #require(PositionPolicy(groupSize: 1, neighborWindow: 0, trainedLength: 512)))
  }

  @Test("a request that waits again since others needed its pages is listed in its place, one that never ran is not")
  func preempted() throws {
    let load = ServerLoad(
      sequenceLimit: 2,
      [try Self.progress(3, .decode), try Self.progress(5, .prefill), try Self.progress(4, .preempted)]
        + [try Self.progress(6, .waiting)])
    #expect(load.running.map(\.id) == [3, 4, 5] && load.sequenceLimit == 2)
    #expect(load.running.allSatisfy { $0.remainingTokenCount == 5 })
  }
}
