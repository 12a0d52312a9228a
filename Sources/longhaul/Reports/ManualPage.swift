/// The manual page of the program, in the macros of man(7), made from its commands and options.
struct ManualPage {
  private let root: CommandTree.Command
  private let version: String

  init(_ tree: CommandTree, version: String) {
    root = tree.command
    self.version = version
  }

  var text: String {
    var lines = [
      ".TH LONGHAUL 1 \"\" \"longhaul \(Self.escaped(version))\" \"User Commands\"", ".SH NAME",
      "longhaul \\- \(Self.escaped(root.abstract ?? ""))", ".SH SYNOPSIS", ".B longhaul", ".I command",
      "[\\fIoptions\\fR]", ".SH COMMANDS",
    ]
    for leaf in root.leaves() { lines += section(leaf.name, leaf.command) }
    lines.append(".SH EXIT STATUS")
    for status in (0...255).compactMap(ExitStatus.init(rawValue:)) {
      lines += [".TP", ".B \(status.rawValue)", Self.escaped(status.meaning)]
    }
    lines += [
      ".SH ENVIRONMENT", ".TP", ".B LONGHAUL_CONFIG", "The configuration file of serve and worker.", ".TP",
      ".B LONGHAUL_NAME", "An option of serve or worker, in capitals with underscores; it comes before the file.",
      ".TP",
      ".B LONGHAUL_API_KEYS", "Keys of the HTTP API, separated by commas.",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  private func section(_ name: String, _ command: CommandTree.Command) -> [String] {
    var lines = [".SS longhaul \(Self.escaped(name))", Self.escaped(command.abstract ?? "")]
    if let discussion = command.discussion, !discussion.isEmpty { lines += [".PP", Self.escaped(discussion)] }
    for argument in command.shownArguments {
      lines += [".TP", ".B \(Self.escaped(argument.usage))", Self.escaped(argument.abstract ?? "")]
      if let standard = argument.defaultValue { lines.append("Default: \(Self.escaped(standard)).") }
    }
    return lines
  }

  /// Text as troff prints it: a dash that stays one, and no line that begins as a request.
  private static func escaped(_ text: String) -> String {
    let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return plain.split(separator: "\n").map { $0.hasPrefix(".") || $0.hasPrefix("'") ? "\\&\($0)" : String($0) }
      .joined(separator: "\n")
  }
}
