import Foundation
import Logging
import Synchronization

/// Logs to stderr, one event per line: time, level, component, event, fields. Never prompts or completions.
struct ProgramLog: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info
  private let component: String
  private let format: LogOptions.Format
  private let node: String?
  /// Whether the process logs JSON, so that its last words are JSON, too.
  private static let isJSON = Atomic(false)

  /// - Parameter node: the process's name in its cluster, for JSON.
  static func logger(
    _ component: String, quiet: Bool, format: LogOptions.Format = .text, node: String? = nil
  ) -> Logger {
    if format == .json { isJSON.store(true, ordering: .relaxed) }
    return Logger(label: component) { label in
      var handler = ProgramLog(component: label, format: format, node: node)
      handler.logLevel = quiet ? .error : .info
      return handler
    }
  }

  /// Says why the process ends, in one line.
  static func lastWords(_ error: any Error) {
    guard isJSON.load(ordering: .relaxed) else { return StandardError.line("longhaul: \(error)") }
    let line = LogLine(
      time: Date(), level: .critical, component: "longhaul", node: nil, event: "exiting", fields: ["reason": "\(error)"]
    )
    StandardError.line(line.json)
  }

  private init(component: String, format: LogOptions.Format, node: String?) {
    (self.component, self.format, self.node) = (component, format, node)
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let fields = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
    let line = LogLine(
      time: Date(), level: event.level, component: component, node: node, event: "\(event.message)", fields: fields)
    switch format {
    case .text: StandardError.line((Journal.isStandardError ? line.journalPriority : "") + line.text)
    case .json: StandardError.line(line.json)
    }
  }
}

/// An event of the log, in either form.
struct LogLine {
  let time: Date
  let level: Logger.Level
  let component: String
  let node: String?
  let event: String
  let fields: [String: String]

  var text: String {
    let pairs = fields.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.quoted($0.value))" }.joined()
    return "\(time.formatted(.iso8601)) \(level) \(component): \(event)\(pairs)"
  }

  /// The event's words joined by underscores: an identifier that stays when the text form is reworded for people.
  var json: String {
    var object = fields
    object["detail"] = fields["event"]
    object["ts"] = time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    object["level"] = level.rawValue
    object["component"] = component
    object["node"] = node
    object["event"] = event.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: "_")
    if event.contains(where: { $0.isUppercase || $0.isPunctuation }) { object["message"] = event }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Text always encodes.
    return (try? encoder.encode(object)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  /// The number before a line by which systemd's journal knows its level.
  var journalPriority: String {
    switch level {
    case .critical: "<2>"
    case .error: "<3>"
    case .warning: "<4>"
    case .notice: "<5>"
    case .info: "<6>"
    case .debug, .trace: "<7>"
    }
  }

  /// Quotes values with spaces or control characters, so that an event stays on one line.
  private static func quoted(_ value: String) -> String {
    let isPlain = value.unicodeScalars.allSatisfy { $0.value > 32 && $0 != "\"" && $0.value != 127 }
    return isPlain ? value : value.debugDescription
  }
}

/// systemd's journal as the reader of stderr.
enum Journal {
  /// Whether stderr is the stream that JOURNAL_STREAM names, by device and inode.
  static let isStandardError: Bool = {
    var status = stat()
    guard let stream = ProcessInfo.processInfo.environment["JOURNAL_STREAM"], fstat(STDERR_FILENO, &status) == 0 else {
      return false
    }
    return stream == "\(status.st_dev):\(status.st_ino)"
  }()
}
