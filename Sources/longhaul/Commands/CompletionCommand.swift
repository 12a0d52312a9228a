import ArgumentParser

/// `longhaul completion`: the completion script of a shell.
struct CompletionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completion", abstract: "Prints the script that completes this program's commands in a shell.",
    discussion: "For example: longhaul completion bash > /etc/bash_completion.d/longhaul")

  enum Shell: String, CaseIterable, ExpressibleByArgument {
    case bash
    case zsh
    case fish
  }

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  func run() throws {
    let shell: CompletionShell =
      switch shell {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    try StandardOutput.write(Longhaul.completionScript(for: shell) + "\n")
  }
}
