/// The metrics of llama-server, for dashboards made for it: the same numbers under its names. They are made from this
/// server's own when they are asked for. Names and meanings are those of llama.cpp's `tools/server/README.md`.
struct LlamaServerMetric: Sendable {
  let name: String
  let kind: Metric.Kind
  let help: String
  let value: @Sendable (MetricTotals) -> Double

  private init(
    _ name: String, _ kind: Metric.Kind, _ help: String, _ value: @escaping @Sendable (MetricTotals) -> Double
  ) {
    (self.name, self.kind, self.help, self.value) = ("llamacpp:" + name, kind, help, value)
  }

  static let all: [LlamaServerMetric] = [
    LlamaServerMetric("prompt_tokens_total", .counter, "Prompt tokens computed.") { $0[.promptTokensComputed] },
    LlamaServerMetric("prompt_tokens_cached_total", .counter, "Prompt tokens found in the prefix cache.") {
      $0[.promptTokensCached]
    },
    LlamaServerMetric("prompt_seconds_total", .counter, "Time in prompts.") { $0[.prefillTime] },
    LlamaServerMetric("tokens_predicted_total", .counter, "Sampled tokens.") { $0[.generatedTokens] },
    LlamaServerMetric("tokens_predicted_seconds_total", .counter, "Time in answers.") { $0[.decodeTime] },
    LlamaServerMetric("n_decode_total", .counter, "Steps of the model.") { $0[.steps] },
    LlamaServerMetric("n_tokens_max", .counter, "Tokens of the longest sequence.") { $0[.longestSequence] },
    LlamaServerMetric("spec_decode_num_draft_tokens_total", .counter, "Guessed tokens.") { $0[.draftedTokens] },
    LlamaServerMetric("spec_decode_num_accepted_tokens_total", .counter, "Guessed tokens that were sampled.") {
      $0[.acceptedTokens]
    },
    LlamaServerMetric("spec_decode_num_drafts_total", .counter, "Guesses.") { $0[.drafts] },
    LlamaServerMetric("prompt_tokens_seconds", .gauge, "Prompt tokens in a second, since the start.") {
      rate($0[.promptTokensComputed], $0[.prefillTime])
    },
    LlamaServerMetric("predicted_tokens_seconds", .gauge, "Tokens of an answer in a second, since the start.") {
      rate($0[.generatedTokens], $0[.decodeTime])
    },
    LlamaServerMetric("requests_processing", .gauge, "Running requests.") { $0[.requestsRunning] },
    LlamaServerMetric("requests_deferred", .gauge, "Waiting requests.") { $0[.requestsWaiting] },
    LlamaServerMetric("n_busy_slots_per_decode", .gauge, "Sequences of a step, on average.") {
      rate($0[.stepSequences], $0[.steps])
    },
  ]

  private static func rate(_ count: Double, _ seconds: Double) -> Double { seconds > 0 ? count / seconds : 0 }
}

/// What all series of a metric add up to.
struct MetricTotals: Sendable {
  private let totals: [String: Double]

  init(_ families: [String: MetricRegistry.Family]) {
    totals = families.mapValues { family in
      family.series.values.reduce(0) { total, series in
        switch series {
        case .number(let series): total + series.value
        case .histogram(let series): total + series.value.sum
        }
      }
    }
  }

  /// A histogram's is the sum of its values; 0 for what was never measured.
  subscript(_ metric: Metric) -> Double { totals[metric.name] ?? 0 }
}

extension MetricRegistry {
  /// The same numbers under llama-server's names, in Prometheus' text format.
  package var llamaServerText: String { MetricText.of(LlamaServerMetric.all, MetricTotals(snapshot)) }
}
