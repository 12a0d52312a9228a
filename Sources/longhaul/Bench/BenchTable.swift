import Cluster
import Foundation

/// The report as text.
enum BenchTable {
  static func heading(_ report: BenchReport) -> String {
    "\(report.model), \(ByteText.of(report.weightBytes)) of weights\n"
  }

  static func lines(_ setting: BenchReport.Setting) -> String {
    let limits = setting.limits
    var text = String(
      format: """

        %@ x %@, KV %@, %@ attention, prefill chunk %@, loaded in %.2f s
        limits of this machine with %d threads: memory %.1f GB/s, f32 %.0f GFLOP/s, int8 %.0f Gop/s

        """,
      Self.count(setting.workers, "worker"), Self.count(setting.threads, "thread"), setting.kvType,
      setting.attention, setting.chunk.map(String.init) ?? "automatic",
      setting.loadSeconds, limits.threads, limits.readGBPerSecond, limits.f32GflopPerSecond, limits.int8GopPerSecond)
    text += "test              depth  batch  policy            tokens/s   +-%  achieved; "
    text += "stages computing/idle/transferring, %\n"
    for result in setting.results { text += line(result) + "\n" + reached(result) }
    for stage in setting.plan { text += stage.line + "\n" }
    return text + memory(setting)
  }

  private static func line(_ result: BenchReport.Result) -> String {
    let achieved: String
    if let rate = result.gflopPerSecond, let ofF32 = result.shareOfF32 {
      achieved =
        String(format: "%.1f GFLOP/s, %.0f %% of f32", rate, 100 * ofF32)
        + (result.shareOfInt8.map { String(format: ", %.0f %% of int8", 100 * $0) } ?? "")
    } else if let rate = result.gbPerSecond, let share = result.shareOfMemory {
      achieved = String(format: "%.1f GB/s, %.0f %% of this machine's memory bandwidth", rate, 100 * share)
    } else {
      achieved = ""
    }
    let name = "\(result.test) \(result.tokens)".padding(toLength: 14, withPad: " ", startingAt: 0)
    let stages = result.stages.map {
      String(format: "%.0f/%.0f/%.0f", 100 * $0.compute, 100 * $0.wait, 100 * $0.transfer)
    }.joined(separator: " ")
    let beside = result.timeOverFirst.map { String(format: "; %.3f x the time of the first policy", $0) } ?? ""
    return String(
      format: "%@%9d%7d  %@%10.2f%6.1f  %@; %@", name, result.depth, result.batch,
      result.policy.name.padding(toLength: 16, withPad: " ", startingAt: 0), result.tokensPerSecond,
      100 * result.spread, achieved, stages) + beside
  }

  private static func reached(_ result: BenchReport.Result) -> String {
    guard !result.reached.isEmpty else { return "" }
    return "  reached "
      + result.reached.map { String(format: "%d in %.1f s", $0.tokens, $0.seconds) }.joined(separator: ", ") + "\n"
  }

  private static func memory(_ setting: BenchReport.Setting) -> String {
    let workers = setting.peakBytesWorkers.map { $0.map(ByteText.of) ?? "?" }.joined(separator: " + ")
    let coordinator = setting.peakBytesCoordinator.map(ByteText.of) ?? "?"
    return "peak memory: workers \(workers), coordinator \(coordinator); planned weights "
      + "\(ByteText.of(setting.weightBytes)), KV \(ByteText.of(setting.kvBytes))\n"
  }

  private static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}
