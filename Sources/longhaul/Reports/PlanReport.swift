import Cluster
import Core
import Foundation

/// What `plan --json` prints.
struct PlanReport: Report {
  let model: String
  let parameters: Parameters
  let contextLength: Int
  /// Maximum concurrent sequences of that length.
  let sequences: Int
  let workload: WorkloadReport
  let stages: [StageReport]
  let forecast: ForecastReport
  let reasons: [String]

  init(planner: LayerPlanner, plan: LayerPlan, forecast: PlanForecast) {
    model = planner.configuration.name
    parameters = Parameters(ParameterCount(planner.configuration))
    contextLength = planner.demand.contextLength
    sequences = planner.demand.sequenceCount
    workload = WorkloadReport(forecast.workload)
    stages = plan.stages.map(StageReport.init)
    self.forecast = ForecastReport(forecast)
    reasons = plan.reasons
  }

  var lines: [String] {
    ["\(model), \(parameters.text), context \(contextLength) tokens x \(sequences)"] + table + forecast.lines
      + reasons.map { "- \($0)" }
  }

  private var table: [String] {
    var table = TextTable(
      head: ["worker", "speed", "layers", "weights", "KV", "free", "prompt s", "load", "step ms", "load"])
    for (stage, times) in zip(stages, forecast.stages) {
      let ends = (stage.hasEmbedding ? "E+" : "", stage.hasHead ? "+H" : "")
      table.add([
        stage.worker, times.speed?.text ?? "", "\(ends.0)\(stage.layers[0])..<\(stage.layers[1])\(ends.1)",
        ByteText.of(stage.weightBytes),
        ByteText.of(stage.kvBytes), ByteText.of(max(0, times.freeBytes)), String(format: "%.2f", times.prefillSeconds),
        String(format: "%.0f %%", times.prefillLoad * 100), String(format: "%.2f", times.decodeSeconds * 1000),
        String(format: "%.0f %%", times.decodeLoad * 100),
      ])
    }
    return table.lines
  }

  /// Numbers in the model's matrices.
  struct Parameters: Encodable {
    let total: Int
    /// Those that each token is multiplied with.
    let active: Int

    init(_ count: ParameterCount) { (total, active) = (count.total, count.active) }

    var text: String { "\(Self.text(total)) parameters, \(Self.text(active)) for each token" }

    private static func text(_ count: Int) -> String {
      let (unit, name) = count < 1_000_000_000 ? (1e6, "million") : (1e9, "billion")
      return "\((Double(count) / unit * 10).rounded() / 10) \(name)"
    }
  }

  /// What the layers are balanced for.
  struct WorkloadReport: Encodable {
    /// Tokens of a prompt.
    let prompt: Int
    /// Tokens of an answer.
    let answer: Int
    /// Sequences at a time.
    let sequences: Int

    init(_ workload: Workload) {
      (prompt, answer, sequences) = (
        workload.promptTokenCount, workload.answerTokenCount, workload.sequenceCount
      )
    }
  }
}
