import Core
import Telemetry
import Testing

@testable import Coordinator
@testable import Scheduling

@Suite("Spans of a request that ended")
struct RequestSpanTests {
  private static let timing = StageTiming(
    waitNanoseconds: 1_000_000, computeNanoseconds: 2_000_000, transferNanoseconds: 3_000_000, sentByteCount: 4)
  private static let parent = TraceParent(header: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")

  /// Waits 1 s, is read for 2 s by two stages, and answers 2 tokens in 4 s.
  private static func trace(_ parent: TraceParent? = parent, outcome: String = "stop") -> RequestTrace {
    var request = GenerationRequest(prompt: [1, 2, 3])
    request.traceParent = parent
    var trace = RequestTrace(request, id: "a", as: SequenceID(1), now: .seconds(10))
    trace.note(.begun, now: .seconds(11))
    trace.add([timing, timing], tokenCount: 3, isDecode: false)
    trace.noteToken(now: .seconds(13))
    trace.note(.interrupted, now: .seconds(14))
    trace.note(.resumed, now: .seconds(15))
    trace.add([timing, timing], tokenCount: 1, isDecode: true)
    trace.noteToken(now: .seconds(16))
    trace.end(outcome, now: .seconds(17))
    return trace
  }

  private static func spans(_ trace: RequestTrace) -> [Span] { trace.spans(model: "m", engineStart: 1000) }

  @Test("are one for the request, one for each phase, and one for each stage in it")
  func tree() throws {
    let spans = Self.spans(Self.trace())
    #expect(
      spans.map(\.name) == [
        "generate m", "queue", "prefill", "prefill stage 0", "prefill stage 1", "decode", "decode stage 0",
        "decode stage 1",
      ])
    #expect(Set(spans.map(\.id)).count == spans.count && spans.allSatisfy { $0.id.utf8.count == 16 })
    #expect(spans[1].parent == spans[0].id && spans[2].parent == spans[0].id && spans[5].parent == spans[0].id)
    #expect(spans[4].parent == spans[2].id && spans[7].parent == spans[5].id)
    #expect(spans[0].start == 10_000_001_000 && spans[0].end == 17_000_001_000)
    #expect(spans[2].start == 11_000_001_000 && spans[2].end == 13_000_001_000)
    #expect(spans[7].start == spans[5].start && spans[7].end == spans[0].end)
    #expect(spans[0].events.map(\.name) == ["interrupted", "resumed"])
    #expect(spans[4].attributes.contains { $0.name == "longhaul.compute_seconds" && $0.value == .seconds(0.002) })
  }

  @Test("say how many tokens were read and written, under OpenTelemetry's names")
  func attributes() {
    let attributes = Dictionary(Self.spans(Self.trace())[0].attributes.map { ($0.name, $0.value) }) { $1 }
    #expect(attributes["gen_ai.usage.input_tokens"] == .count(3))
    #expect(attributes["gen_ai.usage.output_tokens"] == .count(2))
    #expect(attributes["gen_ai.request.model"] == .text("m"))
    #expect(attributes["gen_ai.server.time_to_first_token"] == .seconds(3))
  }

  @Test("belong to the client's trace, or to a new one")
  func parents() {
    let joined = Self.spans(Self.trace())[0]
    #expect(joined.trace == "4bf92f3577b34da6a3ce929d0e0e4736" && joined.parent == "00f067aa0ba902b7")
    let (own, other) = (Self.spans(Self.trace(nil))[0], Self.spans(Self.trace(nil))[0])
    #expect(own.parent == nil && own.trace.utf8.count == 32 && own.trace != other.trace)
  }

  @Test("have the same ids however often they are asked for, and never an id of zeros")
  func ids() {
    let trace = Self.trace()
    #expect(Self.spans(trace).map(\.id) == Self.spans(trace).map(\.id))
    let identity = TraceIdentity(nil, first: .max, fresh: (1, 0))
    #expect(identity.span(1) != String(repeating: "0", count: 16))
    #expect(identity.trace == "00000000000000010000000000000000")
  }

  @Test("tell of a failure, which a client that has gone is not")
  func failures() {
    #expect(Self.spans(Self.trace(outcome: "length"))[0].failure == nil)
    #expect(Self.spans(Self.trace(outcome: RequestTrace.abandoned))[0].failure == nil)
    #expect(Self.spans(Self.trace(outcome: "no room"))[0].failure == "no room")
  }

  @Test("are none before the end, and few of a request that never began")
  func short() {
    var trace = RequestTrace(GenerationRequest(prompt: [1]), id: "a", as: SequenceID(1), now: .zero)
    #expect(Self.spans(trace).isEmpty)
    trace.end("timed out", now: .seconds(1))
    #expect(Self.spans(trace).map(\.name) == ["generate m", "queue"])
  }

  @Test("are taken in the order of the ends, a bounded number at once, and those that were dropped are counted")
  func cursor() {
    var traces = RequestTraces()
    func end(_ numbers: ClosedRange<UInt64>) {
      for number in numbers {
        var request = GenerationRequest(prompt: [1])
        request.id = "\(number)"
        traces.begin(request, as: SequenceID(number), now: .zero)
        traces.end(SequenceID(number), "stop", now: .zero)
      }
    }
    end(1...5)
    #expect(traces.ended(after: 0, limit: 3).traces.map(\.id) == ["1", "2", "3"])
    #expect(traces.ended(after: 3, limit: 3).traces.map(\.id) == ["4", "5"])
    #expect(traces.ended(after: 5, limit: 3).traces.isEmpty)
    end(6...600)
    let late = traces.ended(after: 5, limit: 10)
    #expect(late.missedCount > 0 && late.traces.first.map { $0.id } == "\(5 + late.missedCount + 1)")
  }
}
