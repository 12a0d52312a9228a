/// What `plan --json` prints.
struct PlanReport: Report {
  let model: String
  let contextLength: Int
  /// Maximum concurrent sequences of that length.
  let sequences: Int
  let stages: [StageReport]
  let reasons: [String]

  var lines: [String] {
    ["\(model), context \(contextLength) tokens x \(sequences)"] + stages.map(\.line) + reasons.map { "- \($0)" }
  }
}
