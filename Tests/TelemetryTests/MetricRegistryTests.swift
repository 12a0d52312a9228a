import CoreMetrics
import Telemetry
import Testing

@Suite("Metrics in Prometheus' text format")
struct MetricRegistryTests {
  private let registry = MetricRegistry()

  private func counter(_ metric: Metric, _ labels: [(String, String)] = []) -> Counter {
    Counter(label: metric.name, dimensions: labels, factory: registry)
  }

  @Test("a counter has its help, its type and a sorted line for each set of labels")
  func counters() {
    counter(.requestsSucceeded, [("finished_reason", "stop")]).increment(by: 2)
    counter(.requestsSucceeded, [("finished_reason", "length")]).increment()
    counter(.requestsSucceeded, [("finished_reason", "stop")]).increment()
    #expect(
      registry.text == """
        # HELP longhaul_request_success_total Finished requests, by finished_reason.
        # TYPE longhaul_request_success_total counter
        longhaul_request_success_total{finished_reason="length"} 1
        longhaul_request_success_total{finished_reason="stop"} 3

        """)
  }

  @Test("fractions of seconds add up, and large counts keep every digit")
  func fractions() {
    let seconds = FloatingPointCounter(label: Metric.stageWait.name, dimensions: [("stage", "0")], factory: registry)
    seconds.increment(by: 0.25)
    seconds.increment(by: 0.5)
    counter(.generatedTokens).increment(by: 1 << 52)
    #expect(registry.text.contains("longhaul_stage_wait_seconds_total{stage=\"0\"} 0.75\n"))
    #expect(registry.text.contains("longhaul_generation_tokens_total 4503599627370496\n"))
  }

  @Test("a histogram counts up to and including each bound, sums, and ignores NaN")
  func histograms() {
    let times = Recorder(label: Metric.queueTime.name, aggregate: true, factory: registry)
    for value in [0.001, 0.002, 7, 1e6, .nan] { times.record(value) }
    let lines = registry.text.split(separator: "\n")
    #expect(lines.contains("# TYPE longhaul_request_queue_time_seconds histogram"))
    for line in [
      "_bucket{le=\"0.001\"} 1", "_bucket{le=\"0.0025\"} 2", "_bucket{le=\"5\"} 2", "_bucket{le=\"10\"} 3",
      "_bucket{le=\"600\"} 3", "_bucket{le=\"+Inf\"} 4", "_sum 1000007.003", "_count 4",
    ] { #expect(lines.contains("longhaul_request_queue_time_seconds\(line)"), "\(line)") }
  }

  @Test("a gauge has its last value, and disappears when destroyed")
  func gauges() {
    let up = Meter(label: Metric.workerIsUp.name, dimensions: [("worker", "a")], factory: registry)
    let other = Meter(label: Metric.workerIsUp.name, dimensions: [("worker", "b")], factory: registry)
    up.set(1)
    other.set(0)
    up.set(0.5)
    #expect(registry.text.contains("{worker=\"a\"} 0.5\n"))
    up.destroy()
    #expect(!registry.text.contains("worker=\"a\"") && registry.text.contains("{worker=\"b\"} 0\n"))
  }

  @Test("no name and no value breaks the format")
  func hostileLabels() {
    let name = "a\"b\\c\nd"
    Meter(label: Metric.workerIsUp.name, dimensions: [("worker", name)], factory: registry).set(1)
    #expect(registry.text.contains("longhaul_worker_up{worker=\"a\\\"b\\\\c\\nd\"} 1\n"))
    Counter(label: "9 http.requests", factory: registry).increment()
    #expect(registry.text.contains("# TYPE _9_http_requests counter\n_9_http_requests 1\n"))
    Meter(label: "extreme", factory: registry).set(-Double.infinity)
    #expect(registry.text.contains("extreme -Inf\n"))
  }

  @Test("a label requested with a second kind is not exported")
  func otherKind() {
    counter(.promptTokens).increment()
    Meter(label: Metric.promptTokens.name, factory: registry).set(7)
    Recorder(label: Metric.promptTokens.name, aggregate: true, factory: registry).record(7)
    #expect(registry.text.contains("longhaul_prompt_tokens_total 1\n"))
    #expect(!registry.text.contains("7"))
  }
}
