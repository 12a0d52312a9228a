import Testing
import Transport

@testable import longhaul

@Suite("Where the API listens")
struct HTTPAddressTests {
  @Test(
    "is read with brackets, a scheme and a slash",
    arguments: [
      ("127.0.0.1:8080", "127.0.0.1", 8080, true), ("[::1]:80", "::1", 80, true), ("::1:80", "::1", 80, true),
      ("http://localhost:0", "localhost", 0, true), ("HTTP://[fd00::2]:1/", "fd00::2", 1, false),
      ("host.example:65535", "host.example", 65535, false), ("0.0.0.0:1", "0.0.0.0", 1, false),
    ])
  func read(text: String, host: String, port: UInt16, isLoopback: Bool) throws {
    let address = try HTTPAddress(text)
    #expect(address.host == host && address.port == port && address.isLoopback == isLoopback)
  }

  @Test(
    "or refused with the right reason",
    arguments: [
      ("https://127.0.0.1:8080", "proxy"), ("ftp://127.0.0.1:1", "not ftp"), ("http://127.0.0.1:8080/v1", "path"),
      ("127.0.0.1", "port is missing"), ("[::1]", "port is missing"), ("http://host", "port is missing"),
      ("host:65536", "0 to 65535"), ("host:", "0 to 65535"), ("host:+1", "0 to 65535"), ("[::1:80", "brackets"),
      ("[host]:80", "IPv6"), ("ho st:80", "host must be"), (":80", "host must be"), ("", "port is missing"),
    ])
  func refused(text: String, reason: String) {
    let refusal = #expect(throws: HTTPAddress.Refusal.self) { try HTTPAddress(text) }
    #expect(refusal?.reason.contains(reason) == true, "\(refusal?.reason ?? "")")
  }

  @Test("collides with a port on the same or any interface, not with the port next to it or another host's")
  func collisions() throws {
    for (api, other, collides) in [
      ("127.0.0.1:7071", "tcp://127.0.0.1:7071", true), ("localhost:7071", "tcp://127.0.0.1:7071", true),
      ("0.0.0.0:7071", "tcp://10.0.0.1:7071", true), ("127.0.0.1:7071", "tcp://127.0.0.1:7070", false),
      ("127.0.0.1:7071", "tcp://10.0.0.1:7071", false), ("127.0.0.1:0", "tcp://127.0.0.1:0", false),
      ("127.0.0.1:7071", "ipc:///tmp/7071", false),
    ] {
      #expect(try HTTPAddress(api).collides(with: Endpoint(other)) == collides, "\(api) \(other)")
    }
  }

  @Test("results arrive above the workers' port, or above the API's where that has it")
  func results() throws {
    for (listen, api, results) in [
      ("tcp://127.0.0.1:7070", "127.0.0.1:8080", "tcp://127.0.0.1:7071"),
      ("tcp://127.0.0.1:7070", "127.0.0.1:7071", "tcp://127.0.0.1:7072"),
      ("tcp://10.0.0.1:7070", "0.0.0.0:7071", "tcp://10.0.0.1:7072"),
      ("tcp://127.0.0.1:65534", "127.0.0.1:65535", "tcp://127.0.0.1:0"),
      ("tcp://127.0.0.1:0", "127.0.0.1:1", "tcp://127.0.0.1:0"),
      ("ipc:///tmp/c", "127.0.0.1:1", "ipc:///tmp/c.results"),
    ] {
      let found = try ServeCommand.resultEndpoint(Endpoint(listen), besides: HTTPAddress(api))
      #expect(found.description == results)
    }
  }
}
