import ArgumentParser
import Foundation
import JSON

/// `longhaul status`: a running cluster as a table.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows a running cluster: workers, layers, memory, KV cache, requests and speed.")

  @Argument(help: "The coordinator's HTTP address.")
  var address = "http://127.0.0.1:8080"

  @OptionGroup var keys: ServerKeyOptions

  @Flag(help: "Show it again every --every seconds, until Ctrl-C.")
  var watch = false

  @Option(help: "Seconds between two looks.")
  var every = 1.0

  @Flag(help: "Print what /cluster answers instead of a table.")
  var raw = false

  func validate() throws {
    guard (0.1...3600).contains(every) else { throw ValidationError("--every must be between 0.1 and 3600") }
  }

  func run() async throws {
    let key = try keys.key()
    var previous: JSONValue?
    while true {
      let status = try look(key, isFirst: previous == nil)
      let clear = watch && isatty(STDOUT_FILENO) == 1 ? "\u{1B}[H\u{1B}[2J" : ""
      let lines = raw ? [status.text] : ClusterView(status, since: previous).lines
      try StandardOutput.write(clear + lines.joined(separator: "\n") + "\n")
      guard watch else { return }
      previous = status
      try await Task.sleep(for: .seconds(every))
    }
  }

  private func look(_ key: String?, isFirst: Bool) throws -> JSONValue {
    let base = address.hasSuffix("/") ? String(address.dropLast()) : address
    let answer = try HTTPQuery("\(base)/cluster?steps_after=0", key: key).answer()
    switch answer.status {
    case 200:
      do { return try JSONParser.parse(answer.body) } catch {
        throw CommandFailure(.unavailable, "the answer of \(base)/cluster is not JSON: \(error)")
      }
    case 401: throw CommandFailure(.unavailable, "\(base) wants a key; pass --api-keys FILE, or set LONGHAUL_API_KEYS")
    case 404: throw CommandFailure(.unavailable, "\(base) has no /cluster; it is another program or an older release")
    case let status: throw CommandFailure(.unavailable, "\(base)/cluster answers with \(status)")
    }
  }
}
