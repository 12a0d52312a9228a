import Fixtures
import Foundation
import Testing

/// A coordinator and worker w0 on one host, worker w1 on the other.
final class TwoHostCluster {
  private let hosts: TwoHosts
  private let folder: ScratchFolder
  private var started: [Process] = []

  init(_ hosts: TwoHosts, hasKeys: Bool) async throws {
    self.hosts = hosts
    folder = try ScratchFolder()
    let control = "tcp://\(hosts.addresses.0):7070"
    if hasKeys {
      let made = try await Program.run(
        ["init", folder.path("cluster"), "--listen", control, "--worker", "w0", "--worker", "w1"])
      for token in made.text.split(whereSeparator: \.isWhitespace) where token.hasPrefix("lh1_") {
        let name = made.text.contains("on w0: longhaul join \(token)") ? "w0" : "w1"
        _ = try await Program.run(["join", String(token), "--keys", folder.path("\(name).key")])
      }
    }
    try launch(
      on: hosts.names.0,
      ["serve", SharedFiles.demo, "--http", "127.0.0.1:8080"]
        + (hasKeys ? ["--cluster", folder.path("cluster")] : ["--listen", control, "--insecure"]), log: "c")
    for (name, host, address) in [
      ("w0", hosts.names.0, hosts.addresses.0), ("w1", hosts.names.1, hosts.addresses.1),
    ] {
      let way =
        hasKeys
        ? ["--keys", folder.path("\(name).key")]
        : ["--coordinator", control, "--name", name, "--data", "tcp://\(address):7080", "--insecure"]
      try launch(on: host, ["worker", "--threads", "1"] + way, log: name)
    }
  }

  deinit {
    for process in started where process.isRunning {
      // `ip netns exec` becomes the program, so its process id is the program's.
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }

  private func launch(on host: String, _ arguments: [String], log: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["ip", "netns", "exec", host, Program.url.path] + arguments
    let url = folder.url.appendingPathComponent(log)
    _ = FileManager.default.createFile(atPath: url.path, contents: nil)
    process.standardError = try FileHandle(forWritingTo: url)
    process.standardOutput = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    started.append(process)
  }

  func log(_ name: String) -> String { (try? String(contentsOfFile: folder.path(name), encoding: .utf8)) ?? "" }

  /// A streamed completion under way on the coordinator's host: its answer so far is in a file.
  func stream(_ body: String) throws -> (answer: URL, end: Task<String, any Error>) {
    let answer = folder.url.appendingPathComponent(UUID().uuidString)
    let curl = Process()
    curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    curl.arguments = [
      "ip", "netns", "exec", hosts.names.0, "curl", "-sN", "--max-time", "90", "-o", answer.path, "-d", body,
      "http://127.0.0.1:8080/v1/completions",
    ]
    let (ended, sink) = AsyncStream<Void>.makeStream()
    curl.terminationHandler = { _ in sink.finish() }
    try curl.run()
    let end = Task {
      for await _ in ended {}
      return try String(contentsOf: answer, encoding: .utf8)
    }
    return (answer, end)
  }

  /// The text of a completion; tries until the cluster serves.
  func completion(_ body: String) async throws -> String {
    let answer = folder.path("answer")
    let curl = Process()
    curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    curl.arguments = [
      "ip", "netns", "exec", hosts.names.0, "curl", "-s", "--retry", "60", "--retry-all-errors", "--retry-delay", "1",
      "--fail", "--max-time", "90", "-o", answer, "-d", body, "http://127.0.0.1:8080/v1/completions",
    ]
    let status = try await withCheckedThrowingContinuation { continuation in
      curl.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do { try curl.run() } catch { continuation.resume(throwing: error) }
    }
    try #require(status == 0, "\(["c", "w0", "w1"].map(log))")
    return try CompletionAnswer.text(String(contentsOfFile: answer, encoding: .utf8))
  }
}
