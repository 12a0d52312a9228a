import Core
import Testing

@testable import Coordinator
@testable import Scheduling

@Suite("Traces of requests")
struct RequestTraceTests {
  private static let timing = StageTiming(
    waitNanoseconds: 1_000_000, computeNanoseconds: 2_000_000, transferNanoseconds: 3_000_000, sentByteCount: 4)

  private static func request(_ id: String?, key: Int = 0) -> GenerationRequest {
    var request = GenerationRequest(prompt: [1, 2, 3])
    request.id = id
    request.tenant.key = key
    return request
  }

  /// A step of a plan that carries some tokens of each sequence.
  private static func plan(_ step: UInt64, decodes: [UInt64] = [], chunks: [UInt64] = [], tokens: Int = 3) -> StepPlan {
    let policy = PositionPolicy.plain(trainedLength: 64)
    let entries =
      decodes.map { StepEntry(sequence: SequenceID($0), startPosition: 3, tokens: [7], policy: policy) }
      + chunks.map {
        StepEntry(
          sequence: SequenceID($0), startPosition: 0, tokens: Array(repeating: 1, count: tokens), policy: policy)
      }
    return StepPlan(step: step, entries: entries, decodeCount: decodes.count, releases: [], resumes: [])
  }

  private static func report(_ traces: RequestTraces, _ id: String, key: Int = 0) -> TraceReport? {
    TraceReport(id: id, traces.traces(of: id, key: key))
  }

  @Test("say how long a request waited, was read and was answered, and what each stage spent on it")
  func phases() throws {
    var traces = RequestTraces()
    traces.begin(Self.request("a"), as: SequenceID(1), now: .seconds(10))
    traces.begin(Self.request("b"), as: SequenceID(2), now: .seconds(10))
    #expect(try #require(Self.report(traces, "a")).generations[0].state == "waiting")
    traces.noteSent(Self.plan(1, chunks: [1]), now: .seconds(11))
    traces.noteCompleted(1, [Self.timing, Self.timing])
    traces.noteToken(SequenceID(1), now: .seconds(13))
    for step in UInt64(2)...4 {
      traces.noteSent(Self.plan(step, decodes: [1], chunks: [2]), now: .seconds(13))
      traces.noteCompleted(step, [Self.timing, Self.timing])
      traces.noteToken(SequenceID(1), now: .seconds(14))
    }
    #expect(try #require(Self.report(traces, "a")).generations[0].state == "running")
    traces.end(SequenceID(1), "stop", now: .seconds(17))
    let trace = try #require(Self.report(traces, "a")).generations[0]
    #expect(trace.state == "stop" && trace.promptTokens == 3)
    #expect(trace.queueSeconds == 1 && trace.prefillSeconds == 2 && trace.decodeSeconds == 4)
    #expect(trace.prefill.steps == 1 && trace.prefill.tokens == 3)
    #expect(trace.decode.steps == 3 && trace.decode.tokens == 3 && trace.decode.stages.count == 2)
    #expect(abs(trace.decode.stages[1].compute - 0.006) < 1e-12)
    #expect(trace.events.map(\.kind) == ["submitted", "begun", "first_token", "ended"])
    #expect(trace.events.map(\.time) == [0, 1, 3, 7])
    #expect(try #require(Self.report(traces, "b")).generations[0].prefill.steps == 3)
  }

  @Test("tell of a plan that ended, whose steps in flight are not counted")
  func interruption() throws {
    var traces = RequestTraces()
    traces.begin(Self.request("a"), as: SequenceID(1), now: .zero)
    traces.begin(Self.request("a"), as: SequenceID(2), now: .zero)
    traces.noteSent(Self.plan(1, chunks: [1]), now: .seconds(1))
    traces.noteInterrupted(now: .seconds(2))
    traces.noteResumed(now: .seconds(3))
    // Another plan counts its steps from 1 again.
    traces.noteCompleted(1, [Self.timing])
    let generations = try #require(Self.report(traces, "a")).generations
    #expect(generations[0].events.map(\.kind) == ["submitted", "begun", "interrupted", "resumed"])
    #expect(generations[0].prefill.steps == 0)
    #expect(generations[1].events.map(\.kind) == ["submitted"])
  }

  @Test("are bounded, in number and in what each keeps")
  func bounds() throws {
    var traces = RequestTraces()
    for number in 1...UInt64(3 * RequestTraces.capacity) {
      traces.begin(Self.request("same"), as: SequenceID(number), now: .zero)
      traces.end(SequenceID(number), "stop", now: .zero)
    }
    #expect(try #require(Self.report(traces, "same")).generations.count == RequestTraces.capacity)
    traces.begin(Self.request("often"), as: SequenceID(9999), now: .zero)
    traces.noteSent(Self.plan(1, chunks: [9999]), now: .zero)
    for _ in 0..<1000 {
      traces.noteInterrupted(now: .zero)
      traces.noteResumed(now: .zero)
    }
    #expect(try #require(Self.report(traces, "often")).generations[0].events.count == RequestTrace.momentLimit)
  }

  @Test("are of their own key only, and of requests with an id")
  func keys() {
    var traces = RequestTraces()
    traces.begin(Self.request("a", key: 1), as: SequenceID(1), now: .zero)
    traces.begin(Self.request(nil), as: SequenceID(2), now: .zero)
    #expect(Self.report(traces, "a", key: 1) != nil)
    #expect(Self.report(traces, "a", key: 2) == nil && Self.report(traces, "b", key: 1) == nil)
    traces.noteSent(Self.plan(1, chunks: [2]), now: .zero)
    traces.noteCompleted(1, [Self.timing])
  }
}
