import ArgumentParser
import Foundation

/// `longhaul config`: what a service would be set to, and the schema of its file.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Shows what a service would be set to, and the schema of its configuration file.",
    subcommands: [Show.self, Schema.self])

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "Shows each setting of a service and where it comes from, as YAML.",
      discussion: "Options after -- come before the environment, which comes before the file. Secrets are masked.")

    @Option(help: "The service: serve or worker.")
    var role: ConfigurationRole = .serve

    @Flag(help: "Show defaults, too.")
    var effective = false

    @Argument(help: "The file. Default: the one that LONGHAUL_CONFIG names, or none.")
    var file: String?

    @Argument(parsing: .postTerminator, help: "Options of the service, after --.")
    var options: [String] = []

    func run() throws {
      let environment = ProcessInfo.processInfo.environment
      let settings = try Settings(role: role, words: options, file: file, environment: environment)
      var table = SettingsTable(settings, isEffective: effective)
      if role == .serve, environment["LONGHAUL_API_KEYS"]?.isEmpty == false {
        table.addSecret("api keys", origin: "LONGHAUL_API_KEYS")
      }
      try StandardOutput.write(table.text)
    }
  }

  struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "schema", abstract: "Prints the JSON schema of a service's configuration file.")

    @Option(help: "The service: serve or worker.")
    var role: ConfigurationRole = .serve

    func run() throws { try StandardOutput.write(try ConfigurationSchema.text(of: role)) }
  }
}
