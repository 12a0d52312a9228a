import ArgumentParser
import Foundation

/// The one program: parses, wires up, runs. Every command ends in an `ExitStatus`.
@main
struct Longhaul: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "longhaul",
    abstract: "Runs a large language model over several processes or machines, and lets it read far more than it was "
      + "trained on.",
    version: BuildInfo.version,
    subcommands: [
      RunCommand.self, ServeCommand.self, WorkerCommand.self, PlanCommand.self, InspectCommand.self,
      TokenizeCommand.self, ExplainCommand.self, PerplexityCommand.self, PasskeyCommand.self, EvalCommand.self,
      TuneCommand.self, VerifyContextCommand.self, BenchCommand.self, InitCommand.self, JoinCommand.self,
      KeysCommand.self, DrainCommand.self, CacheCommand.self, ChaosCommand.self,
    ])

  static func main() async {
    // A reader that goes away (`| head`) is an error of that write, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    // A file that grows beyond the user's limit, likewise.
    signal(SIGXFSZ, SIG_IGN)
    OpenFiles.raiseLimit()
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      leave(error)
    }
  }

  /// Says what went wrong in one line on stderr, and exits with the status that fits.
  private static func leave(_ error: any Error) -> Never {
    if let status = ExitStatus(of: error) {
      if status != .interrupted { StandardError.line("longhaul: \(error)") }
      Foundation.exit(status.rawValue)
    }
    // Help and version are "errors" of the parser that succeed; anything else of its own is a usage error.
    guard exitCode(for: error) == .success else {
      StandardError.line(fullMessage(for: error))
      Foundation.exit(ExitStatus.usage.rawValue)
    }
    print(fullMessage(for: error))
    Foundation.exit(ExitStatus.success.rawValue)
  }
}

/// What this build is called.
enum BuildInfo {
  static let version = "0.2.0"
}
