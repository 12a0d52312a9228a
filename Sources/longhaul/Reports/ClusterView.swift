import Cluster
import Foundation
import JSON

/// A cluster at one moment as people see it in a terminal, from the answer of `/cluster`.
struct ClusterView {
  private let status: JSONValue
  /// What the counters were before, for rates.
  private let previous: JSONValue?

  init(_ status: JSONValue, since previous: JSONValue? = nil) { (self.status, self.previous) = (status, previous) }

  var lines: [String] {
    let model = status["model"]
    let phase = status["phase"]
    let reason = phase?["reason"]?.string.map { ": \($0)" } ?? ""
    var lines = [
      "\(model?["id"]?.string ?? "?"), \(model?["layers"]?.integer ?? 0) layers, context "
        + "\(model?["context_length"]?.integer ?? 0) - \(phase?["name"]?.string ?? "?")\(reason)"
    ]
    lines += workerTable
    let requests = status["requests"]
    lines.append(
      "requests: \(requests?["running"]?.integer ?? 0) running, \(requests?["waiting"]?.integer ?? 0) waiting, "
        + "\(requests?["steps_in_flight"]?.integer ?? 0) steps in flight")
    if let cache = status["cache"], let pages = cache["pages"]?.integer, pages > 0 {
      let used = cache["used_pages"]?.integer ?? 0
      lines.append("KV cache: \(used) of \(pages) pages (\(used * 100 / pages) %)")
    }
    if let rates { lines.append(rates) }
    for event in (status["events"]?.array ?? []).suffix(3) { lines.append("- \(event["text"]?.string ?? "")") }
    return lines
  }

  private var workerTable: [String] {
    let stages = status["plan"]?["stages"]?.array ?? []
    let busy = busyShares(stageCount: stages.count)
    var table = TextTable(
      head: ["worker", "state", "speed", "stage", "layers", "weights", "KV", "loaded", "busy", "link"])
    for worker in status["workers"]?.array ?? [] {
      let index = worker["stage"]?.integer
      let stage = index.flatMap { stages.indices.contains($0) ? stages[$0] : nil }
      let first = stage?["first_layer"]?.integer ?? 0
      table.add([
        worker["name"]?.string ?? "?", worker["state"]?.string ?? "?", Self.speed(worker) ?? "",
        index.map(String.init) ?? "standby",
        stage.map { "\(first)-\(first + ($0["layer_count"]?.integer ?? 1) - 1)" } ?? "",
        stage.map { ByteText.of($0["weight_bytes"]?.integer ?? 0) } ?? "",
        stage.map { ByteText.of($0["kv_bytes"]?.integer ?? 0) } ?? "",
        stage.map { Self.percent($0["loaded"]?.number?.double ?? 0) } ?? "",
        index.flatMap { busy.indices.contains($0) ? Self.percent(busy[$0]) : nil } ?? "",
        stage.flatMap(Self.link) ?? "",
      ])
    }
    return table.lines
  }

  /// The share of the last steps' time in which each stage computed; the rest is bubbles and transfer.
  private func busyShares(stageCount: Int) -> [Double] {
    let timings = (status["steps"]?.array ?? []).compactMap { $0["stages"]?.array }
    return (0..<(timings.isEmpty ? 0 : stageCount)).map { stage in
      var (computed, all) = (0.0, 0.0)
      for step in timings where step.indices.contains(stage) {
        let parts = (step[stage].array ?? []).map { $0.number?.double ?? 0 }
        computed += parts.last ?? 0
        all += parts.reduce(0, +)
      }
      return all > 0 ? computed / all : 0
    }
  }

  private var rates: String? {
    guard let previous, let now = status["now"]?.number?.double, let before = previous["now"]?.number?.double,
      now > before
    else { return nil }
    func rate(_ name: String) -> String {
      let count = (status["totals"]?[name]?.integer ?? 0) - (previous["totals"]?[name]?.integer ?? 0)
      return String(format: "%.1f", Double(max(0, count)) / (now - before))
    }
    return "tokens/s: prefill \(rate("prefill_tokens")), decode \(rate("generated_tokens"))"
  }

  /// To the next stage; nil where it was not measured.
  private static func link(_ stage: JSONValue) -> String? {
    guard let link = stage["link"], let rate = link["megabits_per_second"]?.number?.double,
      let trip = link["round_trip_milliseconds"]?.number?.double
    else { return nil }
    return String(format: rate < 10 ? "%.1f Mbit/s, %.2f ms" : "%.0f Mbit/s, %.2f ms", rate, trip)
  }

  /// In threads of the machine that the program was tuned on; nil where nothing measured or stated it.
  private static func speed(_ worker: JSONValue) -> String? {
    guard let speed = worker["speed"], let prefill = speed["prefill"]?.number?.double,
      let decode = speed["decode"]?.number?.double
    else { return nil }
    return SpeedReport(prefill: prefill, decode: decode).text
  }

  private static func percent(_ share: Double) -> String { "\(Int((min(max(share, 0), 1) * 100).rounded())) %" }
}
