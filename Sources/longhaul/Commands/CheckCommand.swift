import ArgumentParser
import Foundation

/// `longhaul check`: whether a service would take a configuration file.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Checks a configuration file of 'longhaul serve' or 'longhaul worker', and starts nothing.",
    discussion: """
      Refuses unknown keys with their line and the nearest known one, values that cannot be, and combinations that the \
      service would refuse, with status 78. The environment and options after -- count as they would for the service.
      """)

  @Option(help: "The service that the file is for: serve or worker.")
  var role: ConfigurationRole = .serve

  @Flag(help: "Say nothing about a file that is right.")
  var quiet = false

  @Argument(help: "The file. Default: the one that LONGHAUL_CONFIG names.")
  var file: String?

  @Argument(parsing: .postTerminator, help: "Options of the service, after --.")
  var options: [String] = []

  func run() throws {
    let settings = try Settings(
      role: role, words: options, file: file, environment: ProcessInfo.processInfo.environment)
    guard let path = settings.path else {
      throw CommandFailure(.usage, "name the file, or set LONGHAUL_CONFIG")
    }
    do {
      switch role {
      case .serve: try ServeCommand.parse(settings.arguments).checkCombinations()
      case .worker: try WorkerCommand.parse(settings.arguments).checkCombinations()
      }
    } catch {
      // The parser's own errors have no text but through it.
      let reason = ExitStatus(of: error) == nil ? role.command.message(for: error) : "\(error)"
      throw CommandFailure(.badConfiguration, "'\(path)' cannot be used: \(reason)")
    }
    if !quiet { try StandardOutput.write("'\(path)' is a configuration that longhaul \(role.rawValue) takes\n") }
  }
}
