import CoreMetrics
import Telemetry
import Testing

@Suite("Metrics under llama-server's names")
struct LlamaServerMetricsTests {
  private let registry = MetricRegistry()

  private func add(_ metric: Metric, _ count: Int) {
    Counter(label: metric.name, factory: registry).increment(by: count)
  }

  /// The lines that say a value.
  private var lines: [Substring] { registry.llamaServerText.split(separator: "\n").filter { !$0.hasPrefix("#") } }

  @Test("each has a help, a type and the number of the metric that it stands for")
  func numbers() {
    add(.promptTokensComputed, 30)
    add(.promptTokensCached, 12)
    add(.generatedTokens, 8)
    Recorder(label: Metric.decodeTime.name, aggregate: true, factory: registry).record(2)
    let text = registry.llamaServerText
    #expect(
      text.contains(
        """
        # TYPE llamacpp:prompt_tokens_total counter
        llamacpp:prompt_tokens_total 30

        """))
    #expect(lines.contains("llamacpp:prompt_tokens_cached_total 12"))
    #expect(lines.contains("llamacpp:tokens_predicted_seconds_total 2"))
    #expect(lines.contains("llamacpp:predicted_tokens_seconds 4"))
    #expect(text.split(separator: "\n").count == 3 * lines.count)
  }

  @Test("what was never measured is 0, rates included")
  func nothing() {
    #expect(!lines.isEmpty && lines.allSatisfy { $0.hasSuffix(" 0") })
  }
}
