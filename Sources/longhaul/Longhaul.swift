import ArgumentParser
import Foundation

/// The program: parses arguments and runs a command. Every command ends with an `ExitStatus`.
@main
struct Longhaul: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "longhaul",
    abstract: "Runs a large language model on several processes or machines, with prompts beyond its trained context.",
    version: BuildInfo.version,
    subcommands: [
      RunCommand.self, ServeCommand.self, WorkerCommand.self, PlanCommand.self, InspectCommand.self,
      TokenizeCommand.self, ExplainCommand.self, PerplexityCommand.self, PasskeyCommand.self, EvalCommand.self,
      TuneCommand.self, VerifyContextCommand.self, BenchCommand.self, InitCommand.self, JoinCommand.self,
      KeysCommand.self, DrainCommand.self, CacheCommand.self, ChaosCommand.self,
    ])

  static func main() async {
    // A closed pipe (`| head`) fails that write instead of ending the process.
    signal(SIGPIPE, SIG_IGN)
    // So does a file beyond the user's size limit.
    signal(SIGXFSZ, SIG_IGN)
    OpenFiles.raiseLimit()
    do {
      try requireText()
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

  /// Swift repairs arguments that are not UTF-8: a file of another name would be looked for, another text completed.
  private static func requireText() throws {
    for index in 1..<max(1, Int(CommandLine.argc)) {
      guard let argument = CommandLine.unsafeArgv[index], String(validatingCString: argument) == nil else { continue }
      throw CommandFailure(
        .usage,
        "argument \(index), \(String(cString: argument).debugDescription), is not UTF-8 text; rename the file, or "
          + "convert the text")
    }
  }

  /// Prints an error in one line on stderr and exits with its status.
  private static func leave(_ error: any Error) -> Never {
    if let status = ExitStatus(of: error) {
      if !status.isSilent { StandardError.line("longhaul: \(error)") }
      Foundation.exit(status.rawValue)
    }
    // Help and version are "errors" of the parser with a success code; its other errors are usage errors.
    guard exitCode(for: error) == .success else {
      StandardError.line(fullMessage(for: error))
      Foundation.exit(ExitStatus.usage.rawValue)
    }
    do {
      try StandardOutput.write(fullMessage(for: error) + "\n")
    } catch {
      leave(error)
    }
    Foundation.exit(ExitStatus.success.rawValue)
  }
}

/// The version of this build.
enum BuildInfo {
  static let version = "0.2.0"
}
