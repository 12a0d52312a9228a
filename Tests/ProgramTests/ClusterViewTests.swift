import JSON
import Testing

@testable import longhaul

@Suite("A cluster in a terminal")
struct ClusterViewTests {
  private func status(now: Double, generated: Int) throws -> JSONValue {
    try JSONParser.parse(
      Array(
        """
        {"now": \(now), "model": {"id": "m", "layers": 4, "context_length": 128}, "phase": {"name": "serving"},
         "plan": {"stages": [
           {"worker": "a", "first_layer": 0, "layer_count": 3, "weight_bytes": 1048576, "kv_bytes": 2048, "loaded": 1},
           {"worker": "b", "first_layer": 3, "layer_count": 1, "weight_bytes": 1024, "kv_bytes": 512, "loaded": 0.5}]},
         "workers": [{"name": "a", "state": "alive", "stage": 0, "speed": {"prefill": 2.04, "decode": 1.5}},
                     {"name": "b", "state": "alive", "stage": 1},
                     {"name": "c", "state": "alive"}],
         "cache": {"pages": 10, "used_pages": 3, "page_tokens": 64},
         "requests": {"running": 2, "waiting": 1, "steps_in_flight": 3},
         "totals": {"prefill_tokens": 100, "generated_tokens": \(generated)},
         "events": [{"text": "all stages are ready"}],
         "steps": [{"stages": [[10, 0, 30], [30, 0, 10]]}]}
        """.utf8))
  }

  @Test("has a row a worker, with its layers and the share of time it computes, and rates between two looks")
  func rows() throws {
    let lines = ClusterView(
      try status(now: 12, generated: 50), since: try status(now: 10, generated: 30)
    ).lines
    #expect(lines[0] == "m, 4 layers, context 128 - serving")
    func words(_ line: String) -> [Substring] { line.split(separator: " ") }
    #expect(
      words(lines[2]) == ["a", "alive", "2.0/1.5", "0", "0-2", "1.0", "MiB", "2.0", "KiB", "100", "%", "75", "%"])
    #expect(words(lines[3]) == ["b", "alive", "1", "3-3", "1.0", "KiB", "512", "bytes", "50", "%", "25", "%"])
    #expect(words(lines[4]) == ["c", "alive", "standby"])
    #expect(lines.contains("requests: 2 running, 1 waiting, 3 steps in flight"))
    #expect(lines.contains("KV cache: 3 of 10 pages (30 %)"))
    #expect(lines.contains("tokens/s: prefill 0.0, decode 10.0"))
    #expect(lines.last == "- all stages are ready")
  }

  @Test(
    "an answer that lacks anything is shown as far as it goes",
    arguments: ["{}", "[]", #"{"workers": [{}], "steps": [1]}"#])
  func lacking(text: String) throws {
    #expect(!ClusterView(try JSONParser.parse(Array(text.utf8))).lines.isEmpty)
  }
}
