import Core
import Testing
import Wire

@Suite("Messages cross the wire unchanged")
struct RoundTripTests {
  @Test("Worker messages", arguments: Samples.workerMessages)
  func worker(message: WorkerMessage) {
    #expect(message.afterTheWire == .success(message))
  }

  @Test("Coordinator messages", arguments: Samples.coordinatorMessages)
  func coordinator(message: CoordinatorMessage) {
    #expect(message.afterTheWire == .success(message))
  }

  @Test("Forward headers", arguments: Samples.forwardHeaders)
  func forward(header: ForwardHeader) {
    #expect(header.afterTheWire == .success(header))
  }

  @Test("Manifests", arguments: Samples.manifests)
  func manifests(manifest: ModelManifest) {
    #expect(manifest.afterTheWire == .success(manifest))
  }

  @Test("Step results", arguments: Samples.stepResults)
  func result(result: StepResult) {
    #expect(result.afterTheWire == .success(result))
  }

  @Test("Fields one by one: changing any of them changes the bytes")
  func everyFieldCounts() {
    let base = ForwardHeader(epoch: PlanEpoch(1), step: 2, hiddenSize: 3, entries: [Samples.entry()])
    let changes: [(inout StepEntry) -> Void] = [
      { $0.sequence = SequenceID(4) }, { $0.startPosition = 1 }, { $0.tokens.append(1) }, { $0.newPages = [] },
      { $0.policy = Samples.policy(4, 1024) }, { $0.policy = Samples.policy(.reRoPE) },
      { $0.policy = Samples.policy(.string) }, { $0.policy = Samples.policy(.jetLong) },
      { $0.policy = Samples.policy(.logistic) }, { $0.opening = nil },
      { $0.opening?.sampling.seed = 1 },
      { $0.opening?.sampling.topP = 0.5 }, { $0.opening?.sampling.repetitionPenalty = 1.1 },
      { $0.opening?.sampling.frequencyPenalty = 2 },
      { $0.opening?.sampling.dry.breakerPhrases = [] }, { $0.opening?.neighborPages = [] },
      { $0.opening?.cachedPrefix = nil }, { $0.opening?.cachedPrefix?.pages = [PageID(8)] },
      { $0.opening?.cachedPrefix?.tokens = [] }, { $0.opening?.stateSlot = nil },
      { $0.opening?.stateSlot = StateSlot(1) }, { $0.output = StepOutput() }, { $0.output.sampledRows = 0..<3 },
      { $0.output.sampledRows = 1..<2 }, { $0.output.logitsRows = 0..<0 }, { $0.output.logitsRows = 1..<2 },
      { $0.output.topLogprobCount = nil }, { $0.output.topLogprobCount = 0 }, { $0.output.scoresFrom = nil },
      { $0.output.followingToken = nil }, { $0.output.followingToken = 3 }, { $0.output.pooling = nil },
      { $0.output.pooling = .last }, { $0.rebuilding = StageSet([2]) },
    ]
    for change in changes {
      var changed = base
      change(&changed.entries[0])
      #expect(changed.encoded() != base.encoded())
      #expect(changed.afterTheWire == .success(changed))
    }
  }

  @Test("The fullest messages a cluster may send are accepted")
  func fullest() {
    let entries = (0..<Limits.maximumStepEntryCount).map { index in
      Samples.entry {
        $0.sequence = SequenceID(UInt64(index))
        $0.tokens = Array(repeating: 1, count: Limits.maximumStepTokenCount / Limits.maximumStepEntryCount)
      }
    }
    let header = ForwardHeader(
      epoch: PlanEpoch(1), step: 1, hiddenSize: 1, entries: entries,
      releases: (0..<WireLimits.maximumReleaseCount).map { SequenceID(UInt64($0)) })
    #expect(header.afterTheWire == .success(header))
    #expect(header.rowCount == Limits.maximumStepTokenCount)

    let alternatives = (0..<Limits.maximumTopLogprobCount).map { TokenLogprob(token: TokenID($0), logprob: 0) }
    let result = StepResult(
      epoch: PlanEpoch(1), step: 1,
      entries: (0..<Limits.maximumStepEntryCount).map { _ in
        Samples.resultEntry {
          $0.sampled = Array(repeating: SampledToken(1, logprob: 0, top: alternatives), count: 16)
          $0.logitsRowCount = 1
          $0.hasPooledRow = false
          $0.promptLogprobs = Array(repeating: -1, count: 16)
          $0.promptTop = Array(repeating: alternatives, count: 16)
        }
      }, vocabularySize: Limits.maximumVocabularySize)
    #expect(result.afterTheWire == .success(result))
    #expect(result.expectedPayloadByteCount == 256 * (4 << 20) * 4)
  }

  @Test("A step of one decode token stays small")
  func decodeSize() {
    let header = ForwardHeader(
      epoch: PlanEpoch(1), step: 1000, hiddenSize: 4096,
      entries: [
        StepEntry(
          sequence: SequenceID(77), startPosition: 100_000, tokens: [31_999], policy: Samples.policy(8, 1024),
          output: StepOutput(sampledRows: 0..<1))
      ])
    #expect(header.encoded().count < 48)
    #expect(header.payloadByteCount(to: 1) == 4096 * 4)
  }

  @Test("A reason too long is cut between characters rather than refused")
  func longReason() throws {
    let reason = "x" + String(repeating: "é", count: 5000)
    guard case .success(.leaving(let received)) = WorkerMessage.leaving(reason: reason).afterTheWire else {
      Issue.record("not decoded")
      return
    }
    #expect(received.utf8.count == 4095)
    #expect(reason.hasPrefix(received))
  }

  @Test("Payload sizes that overflow are sizes no frame has")
  func payloadOverflow() {
    let header = ForwardHeader(
      epoch: PlanEpoch(1), step: 1, hiddenSize: .max, entries: [Samples.entry()])
    #expect(header.payloadByteCount(to: 1) == .max)
  }

  @Test("The bytes of version 3 stay what they are")
  func pinnedBytes() {
    let message = WorkerMessage.heartbeat(WorkerHeartbeat(incarnation: 1, epoch: PlanEpoch(2), progress: 300))
    #expect(message.encoded() == [0x08, 3, 0x1A, 14, 0x09, 1, 0, 0, 0, 0, 0, 0, 0, 0x10, 2, 0x18, 0xAC, 0x02])
    let welcome = CoordinatorMessage.welcome(heartbeatMilliseconds: 250)
    #expect(welcome.encoded() == [0x08, 3, 0x12, 3, 0x08, 0xFA, 1])
  }
}
