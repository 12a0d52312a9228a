import Fixtures
import Foundation
import Glibc
import Testing

/// A cluster that `longhaul up` has made on three hosts, and a client on the first.
struct SSHCluster {
  let hosts: SSHHosts
  static let body =
    #"{"prompt": "Once upon a time", "max_tokens": 150, "temperature": 0, "ignore_eos": true}"#

  /// Makes it from nothing.
  init() async throws {
    hosts = try SSHHosts(count: 3)
    let outcome = try await up(
      [
        "--hosts", hosts.hosts.map(\.address).joined(separator: ","), "--without-systemd", "--serve", "context=512",
        "--worker", "threads=1",
      ] + hosts.sshOptions)
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  func up(_ arguments: [String] = []) async throws -> Program.Outcome {
    try await hosts.longhaul(["up", "--site", hosts.site, "--ready-timeout", "60"] + arguments)
  }

  var coordinator: SSHHosts.Host { hosts.hosts[0] }

  func file(_ name: String, on host: SSHHosts.Host) throws -> String {
    try String(contentsOfFile: "\(host.home)/\(name)", encoding: .utf8)
  }

  var apiKey: String {
    get throws { try file(".config/longhaul/api-keys", on: coordinator).trimmingCharacters(in: .newlines) }
  }

  func secret(of host: SSHHosts.Host) throws -> String {
    let text = try file(".config/longhaul/workers/\(host.address).key", on: host)
    return String(try #require(text.firstMatch(of: /\nsecret (\S{40,})/)).1)
  }

  /// The process of a host's worker.
  func worker(on host: SSHHosts.Host) throws -> Int32 {
    let lines = try file(".local/state/longhaul/worker-\(host.address).pid", on: host).split(separator: "\n")
    return try #require(lines.last?.split(separator: " ").first.flatMap { Int32($0) })
  }

  private func curl(_ more: [String]) throws -> [String] {
    ["curl", "-s", "--max-time", "60", "-H", "Authorization: Bearer \(try apiKey)"] + more
      + ["http://127.0.0.1:8080/v1/completions"]
  }

  enum Answer: Equatable {
    case text(String)
    /// The request was not begun: nothing listened, or the server said that it takes none now.
    case refused
    /// The request was begun, and lost.
    case lost(curl: Int32, status: String)
  }

  /// A completion.
  func answer() async throws -> Answer {
    let result = try await hosts.run(on: coordinator, try curl(["-w", "\n%{http_code}", "-d", Self.body]))
    let status = String(result.output.split(separator: "\n").last ?? "")
    if result.status == 7 || status == "503" { return .refused }
    guard result.status == 0, status == "200" else { return .lost(curl: result.status, status: status) }
    return .text(try CompletionAnswer.text(String(result.output.dropLast(4))))
  }

  /// The text of a completion that nothing disturbs.
  func text() async throws -> String {
    let answer = try await answer()
    guard case .text(let text) = answer else { throw SSHHosts.Unavailable(what: "an answer: \(answer)") }
    return text
  }

  /// A streamed completion in which something happens when `count` pieces have come.
  func streamed(after count: Int, _ happens: () throws -> Void) async throws -> String {
    let file = hosts.folder.path(UUID().uuidString)
    let body = Self.body.replacing("}", with: #", "stream": true}"#)
    let arguments = try curl(["-N", "-o", file, "-d", body])
    let client = Task { [hosts, coordinator] in try await hosts.run(on: coordinator, arguments) }
    func pieces() -> [Substring] {
      ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: "\n").filter {
        $0.hasPrefix("data: {")
      }
    }
    let deadline = ContinuousClock.now + .seconds(30)
    while pieces().count < count, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(2)) }
    try #require(pieces().count < 140, "the answer was over before anything happened")
    try happens()
    #expect(try await client.value.status == 0)
    return try pieces().map { try CompletionAnswer.text(String($0.dropFirst("data: ".count))) }.joined()
  }
}
