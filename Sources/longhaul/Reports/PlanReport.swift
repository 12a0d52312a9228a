/// What `plan --json` prints.
struct PlanReport: Report {
  let model: String
  let contextLength: Int
  let sequenceCount: Int
  let stages: [StageReport]
  let reasons: [String]

  private enum CodingKeys: CodingKey {
    case model, contextLength, stages, reasons
  }

  var lines: [String] {
    ["\(model), context \(contextLength) tokens x \(sequenceCount)"] + stages.map(\.line) + reasons.map { "- \($0)" }
  }
}
