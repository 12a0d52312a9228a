/// What `doctor --json` prints.
struct DoctorReport: Report {
  struct Line: Encodable {
    let check: String
    /// ok, note, warning or problem.
    let severity: String
    let finding: String
    /// Absent where there is nothing to do.
    let remedy: String?
  }

  let host: String
  let findings: [Line]

  init(host: String, findings: [Finding]) {
    self.host = host
    self.findings = findings.map {
      Line(check: $0.check, severity: $0.severity.rawValue, finding: $0.finding, remedy: $0.remedy)
    }
  }

  var lines: [String] {
    findings.map { finding in
      let remedy = finding.remedy.map { "; remedy: \($0)" } ?? ""
      return "\(finding.severity.uppercased()) \(finding.check): \(finding.finding)\(remedy)"
    }
  }
}
