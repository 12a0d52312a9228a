import Core
import Testing

@testable import Scheduling

@Suite("Which sequence is the cause when plan after plan ends")
struct PoisonRequestDetectorTests {
  private static let a = SequenceID(1)
  private static let b = SequenceID(2)

  private static func bench() throws -> SchedulerBench {
    let bench = SchedulerBench(stages: 2, budget: 8, chunk: 8)
    try bench.submit(1, prompt: 6, new: 9)
    return bench
  }

  private static func resume(_ bench: SchedulerBench) {
    _ = bench.scheduler.resume(limits: bench.scheduler.limits, stagesHold: false) { _, _ in StageSet() }
  }

  /// Plans that end while a step of each is in flight.
  private static func end(_ bench: SchedulerBench, _ count: Int, by end: InterruptionCause = .workerLost) throws {
    for _ in 0..<count {
      resume(bench)
      _ = try #require(bench.next())
      bench.scheduler.suspend(after: end)
    }
  }

  @Test(
    "It is a sequence whose steps were in flight when eight plans ended",
    arguments: [InterruptionCause.workerLost, .stepLost, .stepFailed])
  func eight(end: InterruptionCause) throws {
    let bench = try Self.bench()
    try Self.end(bench, 7, by: end)
    #expect(bench.scheduler.poisonedSequences == [])
    try Self.end(bench, 1, by: end)
    #expect(bench.scheduler.poisonedSequences == [Self.a])
  }

  @Test("A request that fails its own steps is found, and those in later steps live")
  func failedStep() throws {
    let bench = SchedulerBench(stages: 2, budget: 8, chunk: 8)
    try bench.submit(1, prompt: 8, new: 9)
    try bench.submit(2, prompt: 8, new: 9)
    for round in 1...8 {
      Self.resume(bench)
      #expect(try #require(bench.next()).entries.map(\.sequence) == [Self.a])
      // From the fourth plan on the suspect runs alone.
      #expect(bench.next()?.entries.map(\.sequence) == (round <= 4 ? [Self.b] : nil))
      #expect(bench.scheduler.poisonedSequences == [])
      bench.scheduler.suspend(after: .stepFailed)
    }
    #expect(bench.scheduler.poisonedSequences == [Self.a])
    bench.scheduler.cancel(Self.a)
    Self.resume(bench)
    let step = try #require(bench.next())
    #expect(step.entries.map(\.sequence) == [Self.b])
    try bench.complete(step)
    #expect(bench.scheduler.runningSequences == [Self.b])
  }

  @Test("Lost workers, failed steps and lost steps are separate causes, and ends that an operator wanted are none")
  func kinds() throws {
    let bench = try Self.bench()
    try Self.end(bench, 7, by: .workerLost)
    try Self.end(bench, 7, by: .stepFailed)
    try Self.end(bench, 7, by: .stepLost)
    try Self.end(bench, 20, by: .unrelated)
    #expect(bench.scheduler.poisonedSequences == [])
    try Self.end(bench, 1, by: .stepLost)
    #expect(bench.scheduler.poisonedSequences == [Self.a])
  }

  @Test("Plans that end while nothing of a sequence is in flight say nothing about it")
  func before() throws {
    let bench = try Self.bench()
    _ = try #require(bench.next())
    bench.scheduler.suspend(after: .workerLost)
    for _ in 0..<20 {
      bench.scheduler.suspend(after: .workerLost)
      Self.resume(bench)
      bench.scheduler.suspend(after: .workerLost)
    }
    #expect(bench.scheduler.poisonedSequences == [])
  }

  @Test("Plans that end at other tokens each time do not count together; a cause acts at one token every time")
  func places() throws {
    let bench = SchedulerBench(stages: 2, budget: 8, chunk: 8)
    try bench.submit(1, prompt: 64, new: 9)
    while let step = bench.next(), step.entries[0].startPosition < 56 { try bench.complete(step) }
    bench.scheduler.suspend(after: .unrelated)
    func end(at chunk: Int) throws {
      _ = bench.scheduler.loseAll()
      for _ in 0..<chunk { try bench.complete(try #require(bench.next())) }
      _ = try #require(bench.next())
      bench.scheduler.suspend(after: .workerLost)
    }
    for round in 0..<28 { try end(at: round % 4) }
    #expect(bench.scheduler.poisonedSequences == [])
    try end(at: 2)
    #expect(bench.scheduler.poisonedSequences == [Self.a])
  }

  @Test("Without any progress 64 ends at whatever tokens are enough")
  func patience() throws {
    let bench = SchedulerBench(stages: 2, budget: 8, chunk: 8)
    try bench.submit(1, prompt: 160, new: 9)
    while let step = bench.next(), step.entries[0].startPosition < 152 { try bench.complete(step) }
    bench.scheduler.suspend(after: .unrelated)
    for round in 0..<64 {
      #expect(bench.scheduler.poisonedSequences == [])
      _ = bench.scheduler.loseAll()
      for _ in 0..<round % 16 { try bench.complete(try #require(bench.next())) }
      _ = try #require(bench.next())
      bench.scheduler.suspend(after: [.workerLost, .stepLost][round % 2])
    }
    #expect(bench.scheduler.poisonedSequences == [Self.a])
  }

  @Test("Who gets further is cleared; who only reads again what it had is not")
  func progress() throws {
    let bench = try Self.bench()
    try Self.end(bench, 7)
    Self.resume(bench)
    try bench.complete(try #require(bench.next()))
    _ = try #require(bench.next())
    bench.scheduler.suspend(after: .workerLost)
    // One plan has ended since the prompt was read. From here on it is read again under every plan.
    for _ in 0..<7 {
      #expect(bench.scheduler.poisonedSequences == [])
      _ = bench.scheduler.loseAll()
      try bench.complete(try #require(bench.next()))
      _ = try #require(bench.next())
      bench.scheduler.suspend(after: .workerLost)
    }
    #expect(bench.scheduler.poisonedSequences == [Self.a])
  }

  @Test("After four plans the suspects run one after the other, and who gets on is one no more")
  func alone() throws {
    let bench = try Self.bench()
    try bench.submit(2, prompt: 1, new: 9)
    func next() throws -> [SequenceID] { try #require(bench.next()).entries.map(\.sequence) }
    try Self.end(bench, 3)
    Self.resume(bench)
    #expect(try next() == [Self.a, Self.b])
    bench.scheduler.suspend(after: .workerLost)
    try bench.submit(3, prompt: 1, new: 9)
    Self.resume(bench)
    let alone = try #require(bench.next())
    #expect(alone.entries.map(\.sequence) == [Self.a])
    #expect(bench.next() == nil)
    try bench.complete(alone)
    #expect(try next() == [Self.b], "the next suspect's turn, not the newcomer's")
    // The second one is the cause.
    for _ in 0..<4 {
      bench.scheduler.suspend(after: .workerLost)
      Self.resume(bench)
      #expect(try next() == [Self.b])
    }
    bench.scheduler.suspend(after: .workerLost)
    #expect(bench.scheduler.poisonedSequences == [Self.b])
    bench.scheduler.cancel(Self.b)
    Self.resume(bench)
    #expect(try next() == [Self.a, SequenceID(3)])
  }
}
