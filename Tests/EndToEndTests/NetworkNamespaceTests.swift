import Fixtures
import Foundation
import Testing

/// Two hosts on this machine: network namespaces joined by a virtual cable, removed with this object.
private final class TwoHosts {
  let names: (String, String)
  let addresses: (String, String)

  /// Nil, with a printed note, where namespaces cannot be made.
  init?() throws {
    guard getuid() == 0 else {
      print("skipped: network namespaces need root")
      return nil
    }
    let mark = String(UInt16.random(in: 0...UInt16.max), radix: 16)
    names = ("lh\(mark)a", "lh\(mark)b")
    let net = "10.\(UInt8.random(in: 100...250)).\(UInt8.random(in: 1...250))"
    addresses = ("\(net).1", "\(net).2")
    let commands = [
      ["netns", "add", names.0], ["netns", "add", names.1],
      ["link", "add", "v\(mark)a", "netns", names.0, "type", "veth", "peer", "name", "v\(mark)b", "netns", names.1],
      ["-n", names.0, "addr", "add", "\(addresses.0)/24", "dev", "v\(mark)a"],
      ["-n", names.1, "addr", "add", "\(addresses.1)/24", "dev", "v\(mark)b"],
      ["-n", names.0, "link", "set", "lo", "up"], ["-n", names.1, "link", "set", "lo", "up"],
      ["-n", names.0, "link", "set", "v\(mark)a", "up"], ["-n", names.1, "link", "set", "v\(mark)b", "up"],
    ]
    for command in commands where Self.ip(command) != 0 {
      print("skipped: ip \(command.joined(separator: " ")) failed here")
      return nil
    }
  }

  deinit {
    _ = Self.ip(["netns", "del", names.0])
    _ = Self.ip(["netns", "del", names.1])
  }

  private static func ip(_ arguments: [String]) -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["ip"] + arguments
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
  }
}

extension EndToEnd {
  @Suite("Over a network")
  struct Network {
    @Test("workers on two hosts give over tcp what a local cluster gives", arguments: ["keys", "insecure"])
    func twoHosts(mode: String) async throws {
      guard let hosts = try TwoHosts() else { return }
      let folder = try ScratchFolder()
      var started: [Process] = []
      defer {
        for process in started where process.isRunning {
          // `ip netns exec` becomes the program, so its process id is the program's.
          kill(process.processIdentifier, SIGKILL)
          process.waitUntilExit()
        }
      }
      func launch(on host: String, _ arguments: [String], log: String) throws {
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
      let control = "tcp://\(hosts.addresses.0):7070"
      let isInsecure = mode == "insecure"
      if !isInsecure {
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
          + (isInsecure ? ["--listen", control, "--insecure"] : ["--cluster", folder.path("cluster")]), log: "c")
      for (name, host, address) in [
        ("w0", hosts.names.0, hosts.addresses.0), ("w1", hosts.names.1, hosts.addresses.1),
      ] {
        let way =
          isInsecure
          ? ["--coordinator", control, "--name", name, "--data", "tcp://\(address):7080", "--insecure"]
          : ["--keys", folder.path("\(name).key")]
        try launch(on: host, ["worker", "--threads", "1"] + way, log: name)
      }
      let body = #"{"prompt": "Once upon a time", "max_tokens": 30, "temperature": 0, "ignore_eos": true}"#
      let answer = folder.path("answer")
      let curl = Process()
      curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      curl.arguments = [
        "ip", "netns", "exec", hosts.names.0, "curl", "-s", "--retry", "60", "--retry-all-errors", "--retry-delay", "1",
        "--fail", "--max-time", "90", "-o", answer, "-d", body, "http://127.0.0.1:8080/v1/completions",
      ]
      try curl.run()
      curl.waitUntilExit()
      let logs = ["c", "w0", "w1"].map { (try? String(contentsOfFile: folder.path($0), encoding: .utf8)) ?? "" }
      try #require(curl.terminationStatus == 0, "\(logs)")
      let text = try CompletionAnswer.text(String(contentsOfFile: answer, encoding: .utf8))
      let local = try await Program.run([
        "run", SharedFiles.demo, "-p", "Once upon a time", "--max-tokens", "30", "--temperature", "0", "--ignore-eos",
        "--json",
      ])
      #expect(try JSONDecoder().decode(RunOutput.self, from: local.output).text == text)
      #expect(logs[2].contains("assigned"))
    }
  }
}
