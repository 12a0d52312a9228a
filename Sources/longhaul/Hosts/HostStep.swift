/// One command on one host: what it is for, what it is given, and whether it changes anything.
struct HostStep: Hashable {
  enum Input: Hashable {
    case nothing
    /// Of a small file; its name is for people.
    case text(String, name: String)
    /// The program's files, as tar writes them.
    case release
  }

  /// As the rest of a sentence about the host: "copies the program".
  let purpose: String
  var command: ShellText
  var input = Input.nothing
  var changes = true
  /// The public key that it prints, for later steps.
  var captures: CapturedKey?
  /// Seconds after which it is ended.
  var limit = 120
  /// What shows why it failed.
  var explanation: ShellText?

  /// Writes a file as a whole or not at all.
  /// - Parameter mode: as chmod takes it.
  static func write(_ purpose: String, _ text: String, to path: String, mode: String = "644") -> HostStep {
    let folder = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
    let part = path + ".part"
    return HostStep(
      purpose: purpose,
      command: """
        mkdir -p \(folder) && umask 077 && cat >\(part) && chmod \(mode) \(part) && mv -f \(part) \(path)
        """,
      input: .text(text, name: String(path.dropFirst(folder.count + 1))))
  }
}

/// The steps of one host, in their order.
struct HostPlan: Hashable {
  let host: HostName
  /// Whether each command is run by sudo.
  let usesSudo: Bool
  var steps: [HostStep]
}

/// What is done on the hosts of a site: phases one after the other, in each of them all hosts at the same time.
struct SitePlan: Hashable {
  private(set) var phases: [[HostPlan]] = []
  /// Public keys that are known before it begins.
  var keys: [CapturedKey: String] = [:]

  var steps: [HostStep] { phases.joined().flatMap(\.steps) }
  var changes: Bool { steps.contains(where: \.changes) }

  /// A phase of what has steps.
  mutating func add(_ plans: [HostPlan]) {
    let plans = plans.filter { !$0.steps.isEmpty }
    if !plans.isEmpty { phases.append(plans) }
  }

  /// One after the other.
  mutating func add(_ other: SitePlan) {
    phases += other.phases
    keys.merge(other.keys) { $1 }
  }

  /// Each command with its host and purpose; a line of a command as root begins with `#`, else with `$`, one of its
  /// input with `|`.
  func lines(_ ssh: SSH) -> [String] {
    let way = (ssh.start + ["HOST"]).map(ShellText.quoted).joined(separator: " ")
    var lines = ["each command is run by: \(way) \"sh -c COMMAND\""]
    if phases.joined().contains(where: \.usesSudo) { lines.append("after # it is run by sudo -n") }
    for (index, phase) in phases.enumerated() {
      lines.append("")
      if phase.count > 1 { lines.append("\(index + 1). on \(phase.count) hosts at the same time") }
      if phase.count == 1 { lines.append("\(index + 1).") }
      for plan in phase { for step in plan.steps { lines += Self.lines(step, plan) } }
    }
    return lines
  }

  private static func lines(_ step: HostStep, _ plan: HostPlan) -> [String] {
    let mark = step.changes ? "" : " (changes nothing)"
    var lines = ["\(plan.host): \(step.purpose)\(mark)", "  \(plan.usesSudo ? "#" : "$") \(step.command)"]
    switch step.input {
    case .nothing: break
    case .release: lines.append("  < the program's files, by tar")
    case .text(let text, let name):
      let content = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(text.hasSuffix("\n") ? 1 : 0)
      lines.append("  < \(name), \(content.count == 1 ? "one line" : "\(content.count) lines")")
      if name.hasSuffix(".yaml") { lines += content.map { "  | \($0)" } }
    }
    return lines
  }
}
