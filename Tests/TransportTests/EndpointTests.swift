import Testing
import Transport

@Suite("Endpoints")
struct EndpointTests {
  @Test(
    "Endpoints read and print the same text",
    arguments: [
      "tcp://127.0.0.1:5555", "tcp://localhost:0", "tcp://[::1]:80", "tcp://node-7.cluster.example:65535",
      "ipc:///run/longhaul/data", "inproc://results",
    ])
  func roundTrip(text: String) throws {
    #expect(try Endpoint(text).description == text)
  }

  @Test(
    "What is no endpoint is refused with the way to write it",
    arguments: [
      "", "127.0.0.1:5555", "udp://127.0.0.1:1", "tcp://", "tcp://:1", "tcp://host", "tcp://host:", "tcp://host:65536",
      "tcp://host:+1", "tcp://host:-1", "tcp://host:1x", "tcp://ho st:1", "tcp://host;evil:1", "tcp://[::1:1",
      "tcp://[host]:1", "tcp://::1:1", "tcp://host\n:1", "ipc://", "ipc:///", "ipc://relative", "ipc://*",
      "ipc://@abstract", "ipc:///a\nb", "ipc:///a\u{85}", "inproc://", "inproc://two words", "tcp://*:5555",
      "tcp://\(String(repeating: "a", count: 300)):1",
    ])
  func refused(text: String) {
    let error = #expect(throws: EndpointError.self) { try Endpoint(text) }
    #expect(error?.description.contains("not an endpoint") == true)
    #expect((error?.reason.count ?? 0) > 10)
  }

  @Test("Listening on every interface must be allowed")
  func anyHost() throws {
    #expect(try Endpoint("tcp://*:5555", allowsAnyHost: true).isLoopback == false)
  }

  @Test(
    "Loopback is what only this machine reaches, not what begins like it",
    arguments: [
      ("tcp://127.0.0.1:1", true), ("tcp://127.8.9.10:1", true), ("tcp://[::1]:1", true), ("tcp://localhost:1", true),
      ("ipc:///a", true), ("inproc://a", true), ("tcp://127.evil.example:1", false), ("tcp://10.0.0.1:1", false),
      ("tcp://[::2]:1", false), ("tcp://0.0.0.0:1", false), ("tcp://[::]:1", false),
      ("tcp://localhost.example:1", false),
    ])
  func loopback(text: String, expected: Bool) throws {
    #expect(try Endpoint(text).isLoopback == expected)
  }

  @Test("A socket's path may have 107 bytes and not one more")
  func pathLimit() throws {
    let longest = "ipc:///" + String(repeating: "p", count: 106)
    #expect(try Endpoint(longest).description == longest)
    let error = #expect(throws: EndpointError.self) { try Endpoint(longest + "p") }
    #expect(error?.reason.contains("108") == true && error?.reason.contains("107") == true)
  }

  @Test("A host and a port make an endpoint, with brackets around an IPv6 address")
  func hostAndPort() throws {
    #expect(try Endpoint.tcp(host: "::1", port: 7).description == "tcp://[::1]:7")
    #expect(try Endpoint.tcp(host: "[fe80::2]", port: 0).description == "tcp://[fe80::2]:0")
    #expect(try Endpoint.tcp(host: "10.0.0.1", port: 7070).description == "tcp://10.0.0.1:7070")
    for host in ["", "a b", "1:2", "*"] {
      #expect(throws: EndpointError.self) { try Endpoint.tcp(host: host, port: 1) }
    }
  }
}
