import ArgumentParser
import Logging

/// What a service logs, and in which form.
struct LogOptions: ParsableArguments {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
  }

  @Flag(help: "Log errors only.")
  var quiet = false

  @Option(
    help: """
      Form of the log on stderr: text, or json for one object a line with ts, level, component, event and the event's \
      fields.
      """)
  var logFormat: Format = .text

  /// - Parameter node: the process's name in its cluster, which every JSON line has.
  func logger(_ component: String, node: String? = nil) -> Logger {
    ProgramLog.logger(component, quiet: quiet, format: logFormat, node: node)
  }
}
