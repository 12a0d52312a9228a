import Fixtures
import Foundation
import Testing

extension ServedCluster {
  /// Samples by name, without the program's own, and labels; of one that was started with `--metrics`.
  func metrics() async throws -> [String: Double] {
    let answer = try await get("/metrics")
    try #require(answer.status == 200)
    var samples: [String: Double] = [:]
    for line in answer.body.split(separator: "\n") where !line.hasPrefix("#") {
      let parts = line.split(separator: " ")
      try #require(parts.count == 2 && Double(parts[1]) != nil, "\(line)")
      samples["\(parts[0].dropFirst("longhaul_".count))"] = Double(parts[1])
    }
    return samples
  }

  /// Samples of which something is true, which it must be soon: counts of the scheduler show at the coordinator's next
  /// tick.
  func metrics(when isReached: ([String: Double]) -> Bool) async throws -> [String: Double] {
    var samples = try await metrics()
    for _ in 0..<1000 where !isReached(samples) {
      try await Task.sleep(for: .milliseconds(20))
      samples = try await metrics()
    }
    #expect(isReached(samples), "\(samples)")
    return samples
  }
}

extension EndToEnd {
  @Suite("What a served cluster shows of itself")
  struct Metrics {
    @Test("requests, tokens, stages and workers are counted, and a lost worker shows")
    func metrics() async throws {
      let cluster = try await ServedCluster(
        workerCount: 2, spareCount: 1, arguments: ["--context", "512", "--metrics"])
      for seed in 0..<3 {
        let body = Recovery.request("Once upon a time", tokens: 20, seed: seed)
        #expect(try await cluster.post("/v1/completions", body).status == 200)
      }
      let calm = try await cluster.metrics { $0["stage_rows_total{stage=\"1\"}"] != nil }
      #expect(calm["request_success_total{finished_reason=\"length\"}"] == 3)
      #expect(calm["generation_tokens_total"] == 60)
      #expect(calm["time_to_first_token_seconds_count"] == 3)
      #expect(calm["inter_token_latency_seconds_count"] == 57)
      #expect(calm["e2e_request_latency_seconds_bucket{le=\"+Inf\"}"] == 3)
      #expect(calm["request_errors_total"] == 0 && calm["ready"] == 1 && calm["plans_served_total"] == 1)
      for stage in 0..<2 {
        #expect(calm["stage_compute_seconds_total{stage=\"\(stage)\"}"] ?? 0 > 0)
        #expect(calm["stage_wait_seconds_total{stage=\"\(stage)\"}"] ?? 0 > 0)
        #expect(calm["stage_rows_total{stage=\"\(stage)\"}"] == calm["stage_rows_total{stage=\"0\"}"])
      }
      let layers = (0..<3).map { calm["worker_layers{worker=\"w\($0)\"}"] ?? -1 }
      #expect(layers.contains(0) && layers.allSatisfy { $0 >= 0 } && layers.reduce(0, +) > 1)
      for worker in 0..<3 { #expect(calm["worker_up{worker=\"w\(worker)\"}"] == 1) }

      let victim = try #require(layers.firstIndex { $0 > 0 })
      cluster.kill(victim)
      #expect(try await cluster.post("/v1/completions", Recovery.request("A", tokens: 4, seed: 1)).status == 200)
      try await Task.sleep(for: .milliseconds(300))
      let after = try await cluster.metrics()
      #expect(after["plans_served_total"] == 2 && after["ready"] == 1)
      // The spare has its layers; of the lost one nothing is left to show.
      #expect(after["worker_up{worker=\"w\(victim)\"}"] == nil)
    }
  }
}
