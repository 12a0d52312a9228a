import Fixtures
import Foundation
import Testing
import Transport
import Wire

extension EndToEnd {
  @Suite("A cluster with keys")
  struct Keys {
    private static let body = #"{"prompt": "Once upon a time", "max_tokens": 60, "temperature": 0, "ignore_eos": true}"#

    private static func local() async throws -> String {
      let outcome = try await Program.run([
        "run", SharedFiles.demo, "-p", "Once upon a time", "--max-tokens", "60", "--temperature", "0", "--ignore-eos",
        "--json",
      ])
      return try JSONDecoder().decode(RunOutput.self, from: outcome.output).text
    }

    private static func port(of endpoint: Endpoint) throws -> UInt16 {
      let port: UInt16? = if case .tcp(_, let port) = endpoint.address { port } else { nil }
      return try #require(port)
    }

    @Test("two workers over tcp with keys give the bytes of a local run, listen on loopback only, and hear no stranger")
    func strangers() async throws {
      let cluster = try await SecuredCluster()
      try await cluster.start()
      let expected = try await Self.local()
      #expect(try await cluster.completion(Self.body) == expected)

      let coordinator = try #require(cluster.coordinator)
      for process in cluster.workers + [coordinator] {
        let listeners = Listeners.of(process.processIdentifier)
        #expect(!listeners.isEmpty)
        #expect(!listeners.contains { !$0.isLoopback }, "\(listeners)")
      }
      // Where workers take frames, and where they give weights.
      let ports = try ["w0", "w1"].map { name in
        let ports = try #require(cluster.log(name).firstMatch(of: /data=tcp:\S+:(\d+) weights=tcp:\S+:(\d+)/))
        return (try #require(UInt16(ports.1)), try #require(UInt16(ports.2)))
      }
      let (data, weights) = (ports.map(\.0), ports.map(\.1))
      let control = try Self.port(of: cluster.control)

      let (boss, first, last) = (try cluster.pair("coordinator"), try cluster.pair("w0"), try cluster.pair("w1"))
      let outsider = try KeyPair()
      func presenting(_ own: KeyPair, to server: KeyPair) -> SocketKeys {
        .presenting(own: own, server: server.publicKey)
      }
      let attempts: [(UInt16, SocketSpecification.Kind, SocketKeys)] = [
        // Without keys, with a key that is not allowed, with a worker's key for the coordinator's.
        (control, .dealer, .none), (control, .dealer, presenting(outsider, to: boss)),
        (control, .dealer, presenting(first, to: first)), (control + 1, .push, .none), (data[0], .push, .none),
        (data[1], .push, presenting(outsider, to: last)),
        // The right key in the wrong role: results from the first stage, frames from the last stage to the first, and
        // from the coordinator to the last.
        (control + 1, .push, presenting(first, to: boss)), (data[0], .push, presenting(last, to: first)),
        (data[1], .push, presenting(boss, to: last)),
        // Weights are for workers of this cluster only.
        (weights[0], .dealer, .none), (weights[1], .dealer, presenting(outsider, to: last)),
        (weights[0], .dealer, presenting(last, to: last)),
      ]
      let loop = try SocketLoop(name: "strangers")
      let (events, sink) = AsyncStream<PeerEvent>.makeStream()
      for (port, kind, keys) in attempts {
        var specification = SocketSpecification(
          kind: kind, role: .connect(try Endpoint("tcp://127.0.0.1:\(port)")))
        specification.keys = keys
        let line = try loop.open(specification, onMessage: { _, _ in }, onPeerEvent: { sink.yield($0) })
        try loop.send(Message([8, 1]), on: line)
      }
      var refusals = 0
      for await event in events {
        #expect(event != .connected)
        refusals += 1
        if refusals == attempts.count { break }
      }
      #expect(try await cluster.completion(Self.body) == expected)
      loop.stop()
      for name in ["c", "w0", "w1"] {
        let log = cluster.log(name)
        #expect(!log.contains("dropped") && !log.contains("message refused"), "\(log)")
      }
    }

    @Test("a worker whose key is not allowed, or is another worker's, leaves with one sentence that says what to do")
    func refusedWorkers() async throws {
      let cluster = try await SecuredCluster()
      try await cluster.start()
      let coordinatorKey = try cluster.pair("coordinator").publicKey.description
      let made = try await Program.run([
        "keys", cluster.keys("w2"), "--name", "w2", "--coordinator", cluster.control.description, "--coordinator-key",
        coordinatorKey,
      ])
      #expect(made.status == 0, "\(made.errors)")
      let key = try #require(made.text.split(whereSeparator: \.isWhitespace).last)
      let refused = try await Program.run(["worker", "--keys", cluster.keys("w2"), "--quiet"], limit: 30)
      #expect(refused.status == 69)
      #expect(refused.errors.contains("does not know this worker's key \(key)"), "\(refused.errors)")
      #expect(refused.errors.split(separator: "\n").count == 1)

      let allowed = try await Program.run(["init", cluster.folder.path("cluster"), "--allow", "w2=\(key)"])
      #expect(allowed.status == 0, "\(allowed.errors)")
      // The list is looked at once a second.
      try await Task.sleep(for: .milliseconds(1100))
      let other = try await Program.run(
        ["worker", "--keys", cluster.keys("w2"), "--name", "w1", "--quiet"], limit: 30)
      #expect(other.status == 69)
      #expect(other.errors.contains("--name w2"), "\(other.errors)")
      for worker in cluster.workers { #expect(worker.isRunning) }
    }

    @Test("key files that others can read, and tokens that are cut, are refused; nothing is overwritten")
    func files() async throws {
      let cluster = try await SecuredCluster()
      for path in [cluster.keys("w0"), cluster.folder.path("cluster/coordinator.key")] {
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
      }
      let again = try await Program.run([
        "init", cluster.folder.path("cluster"), "--worker", "w0",
      ])
      #expect(again.status == 78)
      #expect(again.errors.contains("w0 already has a key"))
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: cluster.keys("w0"))
      let open = try await Program.run(["worker", "--keys", cluster.keys("w0")], limit: 30)
      #expect(open.status == 78)
      #expect(open.errors.contains("chmod 600"))
      let cut = try await Program.run(["join", "lh1_abc"], limit: 30)
      #expect(cut.status == 78)
      #expect(cut.errors.contains("not a complete join token"))
    }

    @Test("HTTP beyond loopback needs API keys; they come from a private file or the environment")
    func apiKeys() async throws {
      let folder = try ScratchFolder()
      let listen = "ipc://\(folder.path("c"))"
      let open = try await Program.run(
        ["serve", SharedFiles.demo, "--listen", listen, "--http", "0.0.0.0:0"], limit: 30)
      #expect(open.status == 69)
      #expect(open.errors.contains("--api-keys"), "\(open.errors)")
      let keys = try folder.write("secret-word\n", to: "keys")
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: keys)
      let readable = try await Program.run(
        ["serve", SharedFiles.demo, "--listen", listen, "--http", "127.0.0.1:0", "--api-keys", keys], limit: 30)
      #expect(readable.status == 78)
      #expect(readable.errors.contains("chmod 600"), "\(readable.errors)")
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys)
      let cluster = try await ServedCluster(workerCount: 1, arguments: ["--api-keys", keys])
      let refused = try await cluster.post("/v1/completions", Self.body)
      #expect(refused.status == 401)
      #expect(try await cluster.get("/health").status == 200)
    }
  }
}
