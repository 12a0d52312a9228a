import Fixtures
import Foundation
import TestTraits
import Testing

extension EndToEnd {
  @Suite("A server that speaks HTTPS", .enabled(if: Program.speaksTLS, "the program was built without --traits TLS"))
  struct TLS {
    @Test("clients that trust the certificate are answered, with and without a stream; others and plain HTTP are not")
    func answers() async throws {
      let certificates = TestCertificates(folder: try ScratchFolder())
      let pair = try await certificates.make("server", name: "localhost")
      let cluster = try await ServedCluster.secure(pair)
      let body = #"{"prompt": "Once upon a time", "max_tokens": 8, "temperature": 0"#
      let url = try cluster.secureAddress("/v1/completions")
      let json = ["-H", "Content-Type: application/json", "--cacert", pair.chain]
      let whole = try await cluster.curl(json + ["-d", body + "}", url])
      #expect(whole.status == 200)
      let streamed = try await cluster.curl(json + ["-d", body + ", \"stream\": true}", url])
      #expect(StreamedText(streamed.body).text == (try CompletionAnswer.text(whole.body)))
      #expect(try await cluster.curl([url]).status == 0)
      #expect(try await cluster.curl([url.replacing("https:", with: "http:")]).status == 0)
      #expect(try await cluster.curl(["--cacert", pair.chain, "--tls-max", "1.1", url]).status == 0)
      #expect(try await cluster.curl(["--cacert", pair.chain, try cluster.secureAddress("/health")]).status == 200)
    }

    @Test("the program's own clients check the certificate")
    func clients() async throws {
      let certificates = TestCertificates(folder: try ScratchFolder())
      let pair = try await certificates.make("server", name: "localhost")
      let cluster = try await ServedCluster.secure(pair)
      let health = try cluster.secureAddress("/health")
      let doubted = try await Program.run(["probe", health])
      #expect(doubted.status == 69 && doubted.errors.contains("certificate"), "\(doubted.errors)")
      #expect(try await Program.run(["probe", "--insecure", health]).status == 0)
      let trusting = ["SSL_CERT_FILE": pair.chain]
      let status = try await Program.run(["status", try cluster.secureAddress("")], environment: trusting)
      #expect(status.status == 0 && status.text.contains("layers, context"), "\(status.text) \(status.errors)")
    }

    @Test("SIGHUP changes the certificate for new connections, and one that is broken changes nothing")
    func reload() async throws {
      let certificates = TestCertificates(folder: try ScratchFolder())
      let pair = try await certificates.make("server", name: "localhost")
      let cluster = try await ServedCluster.secure(pair)
      let health = try cluster.secureAddress("/health")
      let old = certificates.folder.path("old.pem")
      try FileManager.default.copyItem(atPath: pair.chain, toPath: old)
      _ = try await certificates.make("server", name: "localhost")
      Glibc.kill(cluster.coordinator.processIdentifier, SIGHUP)
      try #require(try await cluster.waitForLog("coordinator", "the certificate was read again"))
      #expect(try await cluster.curl(["--cacert", pair.chain, health]).status == 200)
      #expect(try await cluster.curl(["--cacert", old, health]).status == 0)
      try Data("broken".utf8).write(to: URL(fileURLWithPath: certificates.folder.path("server.key")))
      Glibc.kill(cluster.coordinator.processIdentifier, SIGHUP)
      try #require(try await cluster.waitForLog("coordinator", "the server keeps the one it has"))
      #expect(try await cluster.curl(["--cacert", pair.chain, health]).status == 200)
    }

    @Test("a certificate and a key that cannot be used are refused at start, by name")
    func refusals() async throws {
      let certificates = TestCertificates(folder: try ScratchFolder())
      let (one, two) = (
        try await certificates.make("one", name: "localhost"), try await certificates.make("two", name: "localhost")
      )
      #expect(chmod(two.key, 0o644) == 0)
      let open = two.key
      for (chain, key, words) in [
        (one.chain, open, "is not safe"), (one.chain, one.chain, "is not safe"), (one.key, one.key, "not PEM text"),
        (two.chain, one.key, "does not belong"), (certificates.folder.path("none"), one.key, "cannot read"),
      ] {
        let outcome = try await Program.run(
          ["serve", SharedFiles.demo, "--tls-cert", chain, "--tls-key", key], limit: 20)
        #expect([74, 78].contains(outcome.status) && outcome.errors.contains(words), "\(outcome)")
      }
    }
  }
}
