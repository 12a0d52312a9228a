import Fixtures
import Foundation
import Testing

/// A coordinator and its first worker on one host, other workers on the other.
final class TwoHostCluster {
  private let hosts: TwoHosts
  private let hasKeys: Bool
  /// Whether workers have to find the coordinator, since their key files have an address that is not its.
  private let isDiscovered: Bool
  /// Whether workers measure.
  private let measures: Bool
  private let folder: ScratchFolder
  private var started: [String: Process] = [:]
  private var control: String { "tcp://\(hosts.addresses.0):7070" }
  static let port = 8080

  /// Starts a coordinator for two workers.
  init(
    _ hosts: TwoHosts, hasKeys: Bool, isDiscovered: Bool = false, measures: Bool = false,
    model: String = SharedFiles.demo, arguments: [String] = []
  ) async throws {
    self.hosts = hosts
    self.hasKeys = hasKeys
    self.isDiscovered = isDiscovered
    self.measures = measures
    folder = try ScratchFolder()
    if hasKeys {
      let names = ["w0", "w1", "w2"]
      let known = isDiscovered ? "tcp://192.0.2.1:7070" : control
      let made = try await Program.run(
        ["init", folder.path("cluster"), "--listen", known] + names.flatMap { ["--worker", $0] })
      for line in made.text.split(separator: "\n") where line.contains("longhaul join") {
        let name = try #require(names.first { line.hasPrefix("on \($0):") })
        let token = try #require(line.split(separator: " ").last)
        _ = try await Program.run(["join", String(token), "--keys", folder.path("\(name).key")])
      }
    }
    try launch(
      "c", on: hosts.names.0,
      ["serve", model, "--http", "127.0.0.1:\(Self.port)"] + arguments
        + (hasKeys ? ["--cluster", folder.path("cluster")] : ["--listen", control, "--insecure"])
        + (isDiscovered ? ["--listen", control, "--discover"] : []))
  }

  /// Starts w0 on the coordinator's host and w1 on the other.
  func startWorkers() throws {
    try startWorker(0, isGrouped: false)
    try startWorker(1, isGrouped: true)
  }

  /// Starts a worker that keeps weights for itself.
  func startWorker(_ index: Int, isGrouped: Bool, _ arguments: [String] = []) throws {
    let name = "w\(index)"
    let (host, address) = isGrouped ? (hosts.names.1, hosts.addresses.1) : (hosts.names.0, hosts.addresses.0)
    let way =
      hasKeys
      ? ["--keys", folder.path("\(name).key")] + (isDiscovered ? ["--discover"] : [])
      : ["--coordinator", control, "--name", name, "--data", "tcp://\(address):\(7080 + index)", "--insecure"]
    try launch(
      name, on: host, ["worker", "--threads", "1", "--weights-cache", folder.path("cache-\(name)")] + way + arguments)
  }

  /// Kills a worker's process and waits until it is gone.
  func kill(_ name: String) {
    guard let process = started[name], process.isRunning else { return }
    // `ip netns exec` becomes the program, so its process id is the program's.
    Glibc.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  deinit {
    for name in started.keys { kill(name) }
  }

  private func launch(_ name: String, on host: String, _ arguments: [String]) throws {
    let process = Program.command(
      ["ip", "netns", "exec", host, Program.url.path] + arguments, environment: ["LONGHAUL_NO_MEASURE": "\(!measures)"])
    let url = folder.url.appendingPathComponent(name)
    _ = FileManager.default.createFile(atPath: url.path, contents: nil)
    process.standardError = try FileHandle(forWritingTo: url)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    started[name] = process
  }

  func log(_ name: String) -> String { (try? String(contentsOfFile: folder.path(name), encoding: .utf8)) ?? "" }

  /// A streamed completion under way on the coordinator's host: its answer so far is in a file.
  func stream(_ body: String) throws -> (answer: URL, end: Task<String, any Error>) {
    let answer = folder.url.appendingPathComponent(UUID().uuidString)
    let curl = Program.command([
      "ip", "netns", "exec", hosts.names.0, "curl", "-sN", "--max-time", "90", "-o", answer.path, "-d", body,
      "http://127.0.0.1:\(Self.port)/v1/completions",
    ])
    let (ended, sink) = AsyncStream<Void>.makeStream()
    curl.terminationHandler = { process in
      process.waitUntilExit()
      sink.finish()
    }
    try curl.run()
    let end = Task {
      for await _ in ended {}
      return try String(contentsOf: answer, encoding: .utf8)
    }
    return (answer, end)
  }

  /// What `/cluster` says.
  func status() async throws -> String {
    let answer = folder.path("status")
    let curl = Program.command([
      "ip", "netns", "exec", hosts.names.0, "curl", "-s", "--fail", "--max-time", "10", "-o", answer,
      "http://127.0.0.1:\(Self.port)/cluster",
    ])
    try #require(try await curl.runToEnd() == 0)
    return try String(contentsOfFile: answer, encoding: .utf8)
  }

  /// The text of a completion; tries until the cluster serves.
  func completion(_ body: String) async throws -> String {
    let answer = folder.path("answer")
    let curl = Program.command([
      "ip", "netns", "exec", hosts.names.0, "curl", "-s", "--retry", "60", "--retry-all-errors", "--retry-delay", "1",
      "--fail", "--max-time", "90", "-o", answer, "-d", body, "http://127.0.0.1:\(Self.port)/v1/completions",
    ])
    let status = try await curl.runToEnd()
    try #require(status == 0, "\(["c", "w0", "w1"].map(log))")
    return try CompletionAnswer.text(String(contentsOfFile: answer, encoding: .utf8))
  }
}
