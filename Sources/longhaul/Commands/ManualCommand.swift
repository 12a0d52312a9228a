import ArgumentParser

/// `longhaul manual`: the manual page.
struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Prints the manual page of all commands, for man.",
    discussion: "For example: longhaul manual > /usr/share/man/man1/longhaul.1")

  func run() throws { try StandardOutput.write(ManualPage(try CommandTree(), version: BuildInfo.version).text) }
}
