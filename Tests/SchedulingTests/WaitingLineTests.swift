import Core
import Testing

@testable import Scheduling

@Suite("Whose turn it is")
struct WaitingLineTests {
  private static let limits = SchedulerBench().scheduler.limits

  private func request(_ id: UInt64, key: Int = 0, priority: Int = 0, prompt: Int = 10) throws -> WaitingRequest {
    var generation = GenerationRequest(prompt: Array(repeating: 1, count: prompt))
    (generation.tenant.key, generation.priority) = (key, priority)
    let scheduled = ScheduledRequest(
      generation, sequence: SequenceID(id), maximumNewTokens: 10, policy: .plain(trainedLength: 4096))
    return WaitingRequest(request: scheduled, needs: try PageNeeds(scheduled, limits: Self.limits), since: .zero)
  }

  /// The order in which all are admitted.
  private func order(_ line: WaitingLine) -> [UInt64] {
    var (line, order) = (line, [UInt64]())
    while let next = line.next {
      order.append(next.request.sequence.rawValue)
      line.admitNext()
    }
    #expect(line.tokenCount == 0)
    return order
  }

  @Test("one tenant's requests are admitted as they came, but for priorities")
  func priorities() throws {
    var line = WaitingLine()
    for (id, priority) in [(1, 0), (2, 5), (3, -1), (4, 0), (5, -1)] as [(UInt64, Int)] {
      line.append(try request(id, priority: priority))
    }
    #expect(order(line) == [3, 5, 1, 4, 2])
  }

  @Test("who asks for little does not wait for all of who asks for much")
  func fair() throws {
    var line = WaitingLine()
    for id in 1...6 { line.append(try request(UInt64(id), key: 1)) }
    line.append(try request(7, key: 2))
    line.append(try request(8, key: 2))
    #expect(order(line) == [1, 7, 2, 8, 3, 4, 5, 6])
  }

  @Test("tokens count, not requests")
  func tokens() throws {
    var line = WaitingLine()
    for id in 1...2 { line.append(try request(UInt64(id), key: 1, prompt: 90)) }
    for id in 3...8 { line.append(try request(UInt64(id), key: 2)) }
    #expect(order(line) == [1, 3, 4, 5, 6, 7, 2, 8])
  }

  @Test("who was away has saved up no turns")
  func away() throws {
    var line = WaitingLine()
    line.append(try request(1, key: 1))
    for _ in 0..<20 { line.append(try request(2, key: 2)) }
    for _ in 0..<10 { line.admitNext() }
    line.append(try request(3, key: 1))
    line.append(try request(4, key: 1))
    #expect(Array(order(line).prefix(4)) == [2, 3, 2, 4])
    line.remove(SequenceID(3))
    #expect(!line.contains(SequenceID(3)) && line.contains(SequenceID(4)))
  }

  @Test("waiting prompts are bounded by tokens; one that can run at once, or waits alone, is taken")
  func bounded() throws {
    var scheduler = Scheduler(
      limits: SchedulerLimits(
        stageCount: 1, stepTokenBudget: 64, chunkTokenCount: 32, maximumRunningSequences: 1, maximumWaitingRequests: 9,
        pageCount: 40, contextLength: 2000, maximumWaitingTokens: 100))
    func submit(_ id: UInt64, _ count: Int) throws {
      try scheduler.submit(SchedulerBench.request(id, prompt: count, new: 4), now: .zero)
    }
    try submit(1, 300)
    _ = scheduler.nextStep()
    try submit(2, 150)
    #expect(throws: EngineError.overloadedTokens(limit: 100)) { try submit(3, 1) }
    scheduler.cancel(SequenceID(2))
    try submit(4, 60)
    try submit(5, 40)
    #expect(throws: EngineError.overloadedTokens(limit: 100)) { try submit(6, 1) }
  }
}
