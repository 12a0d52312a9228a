import Fixtures
import Foundation
import Glibc
import Testing
import Transport

extension EndToEnd {
  @Suite("What an operator sees of real processes")
  struct Operation {
    private func becomes(_ isTrue: () async throws -> Bool) async throws -> Bool {
      let deadline = ContinuousClock.now + .seconds(60)
      while ContinuousClock.now < deadline {
        if try await isTrue() { return true }
        try await Task.sleep(for: .milliseconds(20))
      }
      return false
    }

    @Test("a worker's probes say that it lives and, once it holds layers, that it is ready; its log is JSON")
    func probes() async throws {
      let cluster = try await ServedCluster(
        workerCount: 1, workerArguments: ["--http", "127.0.0.1:0", "--log-format", "json"])
      #expect(try await cluster.waitForLog("w0", "\"event\":\"http\""))
      let lines = cluster.log("w0").split(separator: "\n")
      var port = 0
      for line in lines {
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        #expect(object["node"] as? String == "w0" && object["ts"] != nil && object["level"] != nil)
        if object["event"] as? String == "http" { port = (object["port"] as? String).flatMap { Int($0) } ?? 0 }
      }
      #expect(port > 0)
      func probe(_ path: String) async throws -> Program.Outcome {
        try await Program.run(["probe", "http://127.0.0.1:\(port)/\(path)"])
      }
      #expect(try await probe("live").status == 0)
      let ready = try await probe("ready")
      #expect(ready.status == 0 && ready.text.hasPrefix("serving layers 0 to"), "\(ready.text)")
      #expect(try await probe("metrics").text.contains("longhaul_worker_ready{worker=\"w0\"} 1"))
      #expect(try await probe("nothing").status == 69)
      kill(cluster.workers[0].processIdentifier, SIGKILL)
      cluster.workers[0].waitUntilExit()
      #expect(try await probe("live").status == 69)
    }

    @Test("a service manager hears when a server and its workers are ready, and when the server stops")
    func notifications() async throws {
      let folder = try ScratchFolder()
      let listener = try NotifyListener(path: folder.path("n"))
      let server = try await ServedCluster(
        serving: SharedFiles.demo,
        launcher: ["/usr/bin/env", "NOTIFY_SOCKET=\(folder.path("n"))", "WATCHDOG_USEC=200000"], isToBeReady: false)
      #expect(try await becomes { listener.text.contains("READY=1") })
      #expect(try await becomes { listener.text.components(separatedBy: "WATCHDOG=1").count > 3 })
      #expect(listener.text.contains("STATUS=ready") && listener.text.contains("EXTEND_TIMEOUT_USEC="))
      kill(server.coordinator.processIdentifier, SIGTERM)
      #expect(
        try await becomes {
          _ = listener.text
          return !server.coordinator.isRunning
        })
      #expect(listener.text.contains("STOPPING=1"))
      // Its own workers are no services.
      #expect(listener.text.components(separatedBy: "READY=1").count == 2)
    }

    @Test("one file says everything; check finds what is wrong in it, and says where values come from")
    func configuration() async throws {
      let folder = try ScratchFolder()
      let file = try folder.write(
        "model: \(SharedFiles.demo)\nhttp: 127.0.0.1:0\nlocal_workers: 2\nthreads: 1\nlog_format: json\n",
        to: "serve.yaml")
      #expect(try await Program.run(["check", file]).status == 0)
      let shown = try await Program.run(["config", "show", file, "--", "--threads", "2"])
      #expect(shown.text.contains("local_workers: 2") && shown.text.contains("# \(file):3"))
      #expect(shown.text.contains("threads: 2") && shown.text.contains("# option"))
      let typo = try folder.write("model: x\nlocal_workrs: 2\n", to: "typo.yaml")
      let refused = try await Program.run(["check", typo])
      #expect(refused.status == 78 && refused.errors.contains("line 2: unknown key 'local_workrs'; did you mean"))
      #expect(try await Program.run(["serve", "--config", typo]).status == 78)
      let mixed = try folder.write("workers: 2\nthreads: 1\n", to: "mixed.yaml")
      let impossible = try await Program.run(["check", mixed])
      #expect(impossible.status == 78 && impossible.errors.contains("--threads is for workers"), "\(impossible.errors)")
      let worker = try await Program.run([
        "check", "--role", "worker", try folder.write("keys: /no/key\n", to: "w.yaml"),
      ])
      #expect(worker.status == 78 && worker.errors.contains("/no/key"), "\(worker.errors)")
      let server = try Program.start(["serve", "--config", file], in: folder.url)
      defer {
        kill(server.processIdentifier, SIGTERM)
        server.waitUntilExit()
      }
      #expect(try await becomes { ProcessTree.children(of: server.processIdentifier).count == 2 })
    }

    @Test("doctor finds a fault between hosts and on this one, and exits with 1")
    func doctor() async throws {
      let folder = try ScratchFolder()
      let busy = try await Program.run([
        "doctor", "--memory", "1000TiB", "--peer", "127.0.0.1:9", "--weights-cache", folder.path("w"), "--json",
      ])
      #expect(busy.status == 1 && busy.errors.contains("problems were found"))
      let object = try #require(try JSONSerialization.jsonObject(with: busy.output) as? [String: Any])
      let findings = try #require(object["findings"] as? [[String: Any]])
      let problems = findings.filter { $0["severity"] as? String == "problem" }
      #expect(Set(problems.compactMap { $0["check"] as? String }).isSuperset(of: ["memory", "peer"]))
      #expect(problems.allSatisfy { $0["remedy"] != nil })
    }

    @Test("doctor tells a key that a coordinator takes from one that it does not know")
    func keys() async throws {
      let cluster = try await SecuredCluster()
      try await cluster.start()
      let cache = ["--weights-cache", cluster.folder.path("w")]
      func finding(_ arguments: [String]) async throws -> Substring {
        let text = try await Program.run(["doctor"] + cache + arguments).text
        return text.split(separator: "\n").first { $0.contains(cluster.control.description) } ?? "none in \(text)"
      }
      #expect(try await finding(["--keys", cluster.keys("w0")]).hasSuffix("answers and takes the key"))
      #expect(try await finding(["--coordinator", cluster.control.description]).hasPrefix("PROBLEM key"))
      let list = cluster.folder.path("cluster/workers")
      let kept = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").filter { !$0.contains("w1") }
      try Data((kept.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: list))
      #expect(
        try await becomes {
          try await finding(["--keys", cluster.keys("w1")]).contains("does not take this key")
        })
    }
  }
}

/// A datagram socket, as a service manager has it. Its text grows as it is read.
final class NotifyListener {
  private let descriptor: Int32
  private var received = ""

  struct Unavailable: Error {}

  init(path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0 else { throw Unavailable() }
  }

  deinit { close(descriptor) }

  /// All datagrams so far, a line each assignment.
  var text: String {
    var bytes = [UInt8](repeating: 0, count: 4096)
    while case let count = recv(descriptor, &bytes, bytes.count, 0), count > 0 {
      received += String(decoding: bytes[..<count], as: UTF8.self) + "\n"
    }
    return received
  }
}
