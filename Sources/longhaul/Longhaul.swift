import ArgumentParser
import Dispatch
import Foundation

/// Where the program begins, before a second thread is there.
@main
enum Program {
  static func main() {
    StandardDescriptors.occupy()
    do {
      // Concurrency waits without a word, and for ever, where its first threads cannot start.
      try ProcessNeeds.program.require()
    } catch {
      Longhaul.leave(error)
    }
    Task {
      await Longhaul.main()
      // `dispatchMain` never returns.
      exit(EXIT_SUCCESS)
    }
    dispatchMain()
  }
}

/// Parses arguments and runs a command. Every command ends with an `ExitStatus`.
struct Longhaul: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "longhaul",
    abstract: "Runs a large language model on several processes or machines, with prompts beyond its trained context.",
    version: BuildInfo.version,
    subcommands: [
      RunCommand.self, ChatCommand.self, ServeCommand.self, WorkerCommand.self, UpCommand.self, DownCommand.self,
      LogsCommand.self, UpgradeCommand.self, RotateKeysCommand.self, CollectCommand.self,
      PlanCommand.self, InspectCommand.self,
      TokenizeCommand.self, TemplateCommand.self, ConvertCommand.self, QuantizeCommand.self, PullCommand.self,
      ExplainCommand.self, PerplexityCommand.self, PasskeyCommand.self,
      EvalCommand.self, TuneCommand.self, VerifyContextCommand.self, BenchCommand.self, LoadTestCommand.self,
      InitCommand.self, JoinCommand.self, KeysCommand.self, CheckCommand.self, ConfigCommand.self, DrainCommand.self,
      CacheCommand.self,
      ChaosCommand.self, DoctorCommand.self, StatusCommand.self, ProbeCommand.self, CompletionCommand.self,
      ManualCommand.self,
    ])

  static func main() async {
    FirstProcess.superviseIfFirst()
    // A closed pipe (`| head`) fails that write instead of ending the process.
    signal(SIGPIPE, SIG_IGN)
    // So does a file beyond the user's size limit.
    signal(SIGXFSZ, SIG_IGN)
    OpenFiles.raiseLimit()
    do {
      try requireText()
      let words = Array(CommandLine.arguments.dropFirst())
      var command = try parseAsRoot(
        try Settings.completed(words, environment: ProcessInfo.processInfo.environment))
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
  static func leave(_ error: any Error) -> Never {
    if let status = ExitStatus(of: error) {
      if !status.isSilent { ProgramLog.lastWords(error) }
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
