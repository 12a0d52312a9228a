import Fixtures
import Foundation
import Testing

extension EndToEnd {
  @Suite("Traces of requests at an OpenTelemetry collector")
  struct Tracing {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    @Test("a collector that is away first gets them, with a span for each stage, in the client's own trace")
    func spans() async throws {
      let collector = try CollectorServer(statuses: [503, 503])
      let cluster = try await ServedCluster(
        workerCount: 2, arguments: ["--context", "512", "--otlp-endpoint", "http://127.0.0.1:\(collector.port)"])
      let body = Recovery.request("Once upon a time", tokens: 8, seed: 1)
      let parent = "00-\(Self.trace)-00f067aa0ba902b7-01"
      let unkept = "00-\(Self.trace)-00f067aa0ba902b7-00"
      for header in [unkept, parent] {
        let answer = try await cluster.curl([
          "-H", "Content-Type: application/json", "-H", "traceparent: \(header)", "-d", body,
          cluster.url("/v1/completions"),
        ])
        #expect(answer.status == 200)
      }
      for _ in 0..<1000 where collector.spans.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
      let spans = collector.spans
      #expect(spans.allSatisfy { $0["traceId"] as? String == Self.trace })
      let root = try #require(spans.first)
      #expect(root["parentSpanId"] as? String == "00f067aa0ba902b7" && root["kind"] as? Int == 2)
      let names = spans.compactMap { $0["name"] as? String }
      for name in ["prefill", "prefill stage 0", "prefill stage 1", "decode", "decode stage 1"] {
        #expect(names.contains(name), "\(names)")
      }
      let start = Double(root["startTimeUnixNano"] as? String ?? "") ?? 0
      #expect(abs(Date().timeIntervalSince1970 - start * 1e-9) < 600)
      #expect(names.count { $0.hasPrefix("generate ") } == 1)
    }

    @Test("what ends while the server stops is sent, too")
    func stop() async throws {
      let collector = try CollectorServer()
      let cluster = try await ServedCluster(
        workerCount: 1, arguments: ["--context", "512", "--otlp-endpoint", "http://127.0.0.1:\(collector.port)"])
      let (answer, end) = cluster.stream(
        "/v1/completions",
        #"{"prompt": "Once upon a time", "max_tokens": 300, "temperature": 0, "ignore_eos": true, "stream": true}"#)
      await cluster.waitForTokens(3, in: answer)
      kill(cluster.coordinator.processIdentifier, SIGTERM)
      _ = try await end.value
      cluster.coordinator.waitUntilExit()
      let names = collector.spans.compactMap { $0["name"] as? String }
      #expect(names.count { $0.hasPrefix("generate ") } == 1, "\(names)")
    }
  }
}
