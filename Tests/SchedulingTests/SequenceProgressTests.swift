import Core
import Testing

@testable import Scheduling

@Suite("What people see of requests")
struct SequenceProgressTests {
  @Test("a request is seen to wait, to read its prompt and to write")
  func phases() throws {
    let bench = SchedulerBench()
    try bench.submit(1, prompt: 11, new: 3)
    #expect(bench.scheduler.progress.map(\.phase) == [.waiting])
    let first = try #require(bench.next())
    _ = try bench.complete(first)
    let reading = try #require(bench.scheduler.progress.first)
    #expect(reading.phase == .prefill && reading.computedTokenCount == 8 && reading.promptTokenCount == 11)
    #expect(reading.pageCount > 0 && reading.generatedTokenCount == 0)
    let second = try #require(bench.next())
    _ = try bench.complete(second)
    let writing = try #require(bench.scheduler.progress.first)
    #expect(writing.phase == .decode && writing.generatedTokenCount == 1 && writing.computedTokenCount == 11)
    bench.scheduler.cancel(SequenceID(1))
    #expect(bench.scheduler.progress.isEmpty)
  }
}
