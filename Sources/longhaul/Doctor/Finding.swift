/// What one check of `doctor` found.
struct Finding: Hashable {
  enum Severity: String {
    case ok
    /// Worth knowing; nothing to do.
    case note
    /// Slower or riskier than need be.
    case warning
    /// The cluster would not work, or far too slowly.
    case problem
  }

  let check: String
  let severity: Severity
  let finding: String
  let remedy: String?

  static func ok(_ check: String, _ finding: String) -> Finding {
    Finding(check: check, severity: .ok, finding: finding, remedy: nil)
  }

  static func note(_ check: String, _ finding: String, _ remedy: String? = nil) -> Finding {
    Finding(check: check, severity: .note, finding: finding, remedy: remedy)
  }

  static func warning(_ check: String, _ finding: String, _ remedy: String) -> Finding {
    Finding(check: check, severity: .warning, finding: finding, remedy: remedy)
  }

  static func problem(_ check: String, _ finding: String, _ remedy: String) -> Finding {
    Finding(check: check, severity: .problem, finding: finding, remedy: remedy)
  }
}
