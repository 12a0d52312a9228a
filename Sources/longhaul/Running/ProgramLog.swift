import Foundation
import Logging

/// Logs to stderr, one event per line: time, level, event, fields. Never prompts or completions.
struct ProgramLog: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info
  private let component: String

  static func logger(_ component: String, quiet: Bool) -> Logger {
    Logger(label: component) { label in
      var handler = ProgramLog(component: label)
      handler.logLevel = quiet ? .error : .info
      return handler
    }
  }

  private init(component: String) { self.component = component }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let fields = metadata.merging(event.metadata ?? [:]) { $1 }
      .sorted { $0.key < $1.key }.map { " \($0.key)=\(quoted("\($0.value)"))" }.joined()
    let time = Date().formatted(.iso8601)
    StandardError.line("\(time) \(event.level) \(component): \(event.message)\(fields)")
  }

  /// Quotes values with spaces or control characters, so that an event stays on one line.
  private func quoted(_ value: String) -> String {
    let isPlain = value.unicodeScalars.allSatisfy { $0.value > 32 && $0 != "\"" && $0.value != 127 }
    return isPlain ? value : value.debugDescription
  }
}
