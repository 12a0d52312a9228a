import Fixtures
import Foundation
import Testing
import Transport

/// A cluster over tcp on loopback, its keys made with the commands that an operator uses.
final class SecuredCluster {
  let folder: ScratchFolder
  private(set) var coordinator: Process?
  private(set) var workers: [Process] = []
  private(set) var port = 0
  let control: Endpoint
  private let hasKeys: Bool

  private struct Made: Decodable {
    struct Worker: Decodable {
      let worker: String
      let public_key: String
      let token: String
    }
    let public_key: String
    let workers: [Worker]
  }

  /// Makes the keys of a cluster of two workers, w0 and w1, only.
  init(hasKeys: Bool = true) async throws {
    self.hasKeys = hasKeys
    folder = try ScratchFolder()
    control = try Endpoint("tcp://127.0.0.1:\(try Self.freePorts())")
    guard hasKeys else { return }
    let made = try await Program.run([
      "init", folder.path("cluster"), "--listen", control.description, "--worker", "w0", "--worker", "w1", "--json",
    ])
    try #require(made.status == 0, "\(made.errors)")
    for worker in try JSONDecoder().decode(Made.self, from: made.output).workers {
      let joined = try await Program.run(["join", worker.token, "--keys", keys(worker.worker)])
      try #require(joined.status == 0, "\(joined.errors)")
    }
  }

  deinit {
    for process in workers + [coordinator].compactMap({ $0 }) where process.isRunning {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }

  func keys(_ name: String) -> String { folder.path("\(name).key") }

  /// The pair in a key file that belongs to the test.
  func pair(_ name: String) throws -> KeyPair {
    let text = try String(
      contentsOfFile: name == "coordinator" ? folder.path("cluster/coordinator.key") : keys(name),
      encoding: .utf8)
    let secret = try #require(text.split(separator: "\n").first { $0.hasPrefix("secret ") })
    return try #require(try KeyPair(secretText: secret.dropFirst("secret ".count)))
  }

  func start() async throws {
    coordinator = try launch(
      ["serve", SharedFiles.demo, "--http", "127.0.0.1:0"]
        + (hasKeys ? ["--cluster", folder.path("cluster")] : ["--listen", control.description]), log: "c")
    for name in ["w0", "w1"] {
      workers.append(
        try launch(
          ["worker", "--threads", "1"]
            + (hasKeys ? ["--keys", keys(name)] : ["--coordinator", control.description, "--name", name]), log: name))
      // In this order, so that w0 has the first layers.
      let deadline = ContinuousClock.now + .seconds(30)
      while ContinuousClock.now < deadline, !log(name).contains("registered") {
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
      if let found = log("c").firstMatch(of: /http port=(\d+)/) { port = Int(found.1) ?? 0 }
      if port > 0, log("c").contains("serving") { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw ServedCluster.NotReady(log: log("c") + log("w0") + log("w1"))
  }

  func completion(_ body: String) async throws -> String {
    let answer = folder.path(UUID().uuidString)
    let process = Program.command([
      "curl", "-s", "--max-time", "60", "-o", answer, "-d", body, "http://127.0.0.1:\(port)/v1/completions",
    ])
    _ = try await process.runToEnd()
    return try CompletionAnswer.text(String(contentsOfFile: answer, encoding: .utf8))
  }

  func log(_ name: String) -> String {
    (try? String(contentsOfFile: folder.path("\(name).log"), encoding: .utf8)) ?? ""
  }

  private func launch(_ arguments: [String], log: String) throws -> Process {
    let url = folder.url.appendingPathComponent("\(log).log")
    _ = FileManager.default.createFile(atPath: url.path, contents: nil)
    let process = Program.process(Program.url, arguments, environment: ["XDG_CACHE_HOME": folder.path("cache")])
    process.standardOutput = FileHandle.nullDevice
    process.standardError = try FileHandle(forWritingTo: url)
    try process.run()
    return process
  }

  /// A port with a free one above it, as far as one can tell.
  private static func freePorts() throws -> UInt16 {
    let loop = try SocketLoop(name: "ports")
    defer { loop.stop() }
    for _ in 0..<50 {
      let port = UInt16.random(in: 20_000...60_000)
      let sockets = [port, port + 1].map { port in
        try? loop.open(
          SocketSpecification(kind: .pull, role: .bind(try Endpoint("tcp://127.0.0.1:\(port)"))),
          onMessage: { _, _ in })
      }
      if sockets.allSatisfy({ $0 != nil }) { return port }
    }
    throw NoFreePorts()
  }

  private struct NoFreePorts: Error {}
}

/// What processes of this machine listen on.
enum Listeners {
  struct Listener: Hashable {
    /// As the kernel writes it: little-endian hexadecimal words.
    let address: String
    let port: UInt16
    var isLoopback: Bool {
      // 127.x.y.z, ::1, or 127.x.y.z mapped into IPv6.
      address.count == 8
        ? address.hasSuffix("7F")
        : address == "00000000000000000000000001000000"
          || (address.hasPrefix("0000000000000000FFFF0000") && address.hasSuffix("7F"))
    }
  }

  static func of(_ process: Int32) -> Set<Listener> {
    let folder = "/proc/\(process)/fd"
    let sockets = Set(
      ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).compactMap { name in
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)"))?
          .firstMatch(of: /socket:\[(\d+)\]/)?.1
      })
    var found: Set<Listener> = []
    for table in ["tcp", "tcp6"] {
      let text = (try? String(contentsOfFile: "/proc/\(process)/net/\(table)", encoding: .utf8)) ?? ""
      for line in text.split(separator: "\n").dropFirst() {
        let words = line.split(separator: " ")
        guard words.count > 9, words[3] == "0A", sockets.contains(words[9]) else { continue }
        let local = words[1].split(separator: ":")
        found.insert(Listener(address: String(local[0]), port: UInt16(local[1], radix: 16) ?? 0))
      }
    }
    return found
  }
}
