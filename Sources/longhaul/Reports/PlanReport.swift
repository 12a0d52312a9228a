import Core

/// What `plan --json` prints.
struct PlanReport: Report {
  let model: String
  let parameters: Parameters
  let contextLength: Int
  /// Maximum concurrent sequences of that length.
  let sequences: Int
  let stages: [StageReport]
  let reasons: [String]

  var lines: [String] {
    ["\(model), \(parameters.text), context \(contextLength) tokens x \(sequences)"] + stages.map(\.line)
      + reasons.map { "- \($0)" }
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
}
