import Fixtures
import Foundation
import TestTraits
import Testing

extension Program {
  /// Whether curl can be the client.
  fileprivate static let curlSpeaksHTTP2: Bool = {
    let curl = command(["curl", "-V"])
    let output = Pipe()
    curl.standardOutput = output
    guard (try? curl.run()) != nil else { return false }
    return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).contains("HTTP2")
  }()
}

/// A client that sends what the test says, within TLS by openssl.
private final class FrameClient {
  private let process: Process
  private let input = Pipe()
  private let output: URL

  init(_ address: String, trusting chain: String, in folder: ScratchFolder) throws {
    output = folder.url.appendingPathComponent(UUID().uuidString)
    _ = FileManager.default.createFile(atPath: output.path, contents: nil)
    let host = address.replacing("https://", with: "").split(separator: "/")[0]
    process = Program.command([
      "openssl", "s_client", "-quiet", "-no_ign_eof", "-alpn", "h2", "-CAfile", chain, "-connect", String(host),
    ])
    process.standardInput = input
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = FileHandle.nullDevice
    try process.run()
    send(HTTP2Frames.opening)
  }

  deinit { process.terminate() }

  /// What cannot be sent, since the server has closed the connection, is dropped: without the signal that would end
  /// these tests.
  func send(_ bytes: [UInt8]) {
    var (pipe, before, none) = (sigset_t(), sigset_t(), timespec())
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipe, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    do { try input.fileHandleForWriting.write(contentsOf: Data(bytes)) } catch { sigtimedwait(&pipe, nil, &none) }
  }

  var frames: [(type: UInt8, stream: UInt8, payload: [UInt8])] {
    HTTP2Frames.read(Array((try? Data(contentsOf: output)) ?? Data()))
  }

  /// The error that the server gave when it asked the client to go.
  var partingError: UInt8? { frames.last { $0.type == 7 }?.payload.dropFirst(7).first }

  func isAnswered(on stream: UInt8) -> Bool { frames.contains { $0.type == 1 && $0.stream == stream } }

  func wait(until isTrue: () -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + .seconds(30)
    while !isTrue() {
      guard ContinuousClock.now < end else { return false }
      try await Task.sleep(for: .milliseconds(10))
    }
    return true
  }

  func waitUntilClosed() async throws -> Bool { try await wait { !process.isRunning } }
}

extension EndToEnd {
  @Suite("A server that speaks HTTP/2", .enabled(if: Program.speaksTLS, "the program was built without --traits TLS"))
  struct HTTP2 {
    private let certificates: TestCertificates
    private let pair: (chain: String, key: String)
    private let cluster: ServedCluster

    init() async throws {
      certificates = TestCertificates(folder: try ScratchFolder())
      pair = try await certificates.make("server", name: "localhost")
      cluster = try await ServedCluster.secure(pair)
    }

    private func curl(_ arguments: [String]) async throws -> (status: Int, body: String) {
      try await cluster.curl(["--cacert", pair.chain] + arguments)
    }

    private func client() throws -> FrameClient {
      try FrameClient(try cluster.secureAddress(""), trusting: pair.chain, in: certificates.folder)
    }

    private func request(_ tokens: Int, isStreamed: Bool = false) -> [String] {
      let fields = #"{"prompt": "Once upon a time", "ignore_eos": true, "temperature": 0"#
      return ["-d", fields + #", "max_tokens": \#(tokens), "stream": \#(isStreamed)}"#]
    }

    @Test(
      "the client chooses the version, and both give the same answers, streams and errors",
      .enabled(if: Program.curlSpeaksHTTP2, "curl was built without HTTP/2"))
    func versions() async throws {
      let url = try cluster.secureAddress("/v1/completions")
      for (option, line) in [("--http2", "HTTP/2 200"), ("--http1.1", "HTTP/1.1 200")] {
        #expect(try await curl([option, "-I", try cluster.secureAddress("/health")]).body.hasPrefix(line))
      }
      let old = try await curl(["--http1.1"] + request(8) + [url])
      let new = try await curl(["--http2"] + request(8) + [url])
      #expect(try CompletionAnswer.text(new.body) == CompletionAnswer.text(old.body))
      let streamed = try await curl(["--http2"] + request(8, isStreamed: true) + [url])
      #expect(StreamedText(streamed.body).text == (try CompletionAnswer.text(old.body)))
      let wrong = try await curl(["--http2", "-d", #"{"prompt": 7}"#, url])
      #expect(wrong.status == 400 && wrong.body.contains("prompt must be"))
    }

    @Test(
      "a short request is answered beside a long one on the same connection",
      .enabled(if: Program.curlSpeaksHTTP2, "curl was built without HTTP/2"))
    func streams() async throws {
      let (long, short) = (try cluster.secureAddress("/v1/completions"), try cluster.secureAddress("/health"))
      let outcome = try await cluster.curl(
        ["-Z", "--http2", "--cacert", pair.chain] + request(400, isStreamed: true) + [long, "--next"]
          + ["-s", "--http2", "--cacert", pair.chain, short])
      let (health, done) = (outcome.body.range(of: #"{"status":"ok"}"#), outcome.body.range(of: "[DONE]"))
      let (first, last) = (try #require(health), try #require(done))
      #expect(first.lowerBound < last.lowerBound)
    }

    @Test("headers beyond the limit end the connection, and those within it do not")
    func headers() async throws {
      let client = try client()
      client.send(HTTP2Frames.get("/health", stream: 1, more: ("x-large", String(repeating: "a", count: 10_000))))
      #expect(try await client.wait { client.isAnswered(on: 1) })
      client.send(HTTP2Frames.get("/health", stream: 3, more: ("x-large", String(repeating: "a", count: 40_000))))
      #expect(try await client.waitUntilClosed())
      #expect(client.partingError ?? 0 > 0 && !client.isAnswered(on: 3))
    }

    @Test("a header that concerns the connection ends its own request only")
    func connectionHeader() async throws {
      let client = try client()
      client.send(HTTP2Frames.get("/health", stream: 1, more: ("connection", "close")))
      #expect(try await client.wait { client.frames.contains { $0.type == 3 && $0.stream == 1 } })
      client.send(HTTP2Frames.get("/health", stream: 3))
      #expect(try await client.wait { client.isAnswered(on: 3) })
      #expect(client.partingError == nil)
    }

    @Test("a client that takes back request after request is closed, and another goes on")
    func resets() async throws {
      async let other = curl(request(400, isStreamed: true) + [try cluster.secureAddress("/v1/completions")])
      let client = try client()
      for stream in stride(from: UInt32(1), to: 1001, by: 2) {
        client.send(HTTP2Frames.get("/health", stream: stream) + HTTP2Frames.reset(stream: stream))
      }
      #expect(try await client.waitUntilClosed())
      // What the specification calls "enhance your calm".
      #expect(client.partingError == 11)
      #expect(try await other.body.contains("[DONE]"))
    }
  }
}
