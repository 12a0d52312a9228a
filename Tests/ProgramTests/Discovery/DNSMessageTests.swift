import Testing

@testable import longhaul

@Suite("Messages of multicast DNS")
struct DNSMessageTests {
  private static let host = DNSName(["host", "local"])
  private static let message = DNSMessage(
    id: 7, isAnswer: true, questions: [.init(name: host, kind: .service, acceptsUnicast: true)],
    records: [
      .init(name: host, content: .address(IPv4Address(value: 0x0A00_0001)), lifetime: 120),
      .init(name: DNSName(["_x", "_tcp", "local"]), content: .pointer(host), lifetime: 70_000),
      .init(name: DNSName(["a", "local"]), content: .service(host: host, port: 7070), lifetime: 0),
    ])

  @Test("are read as they were written")
  func roundTrip() {
    #expect(DNSMessage(Self.message.bytes) == Self.message)
    #expect(DNSMessage(DNSMessage().bytes) == DNSMessage())
  }

  @Test("have the layout of RFC 1035")
  func layout() {
    let question = DNSMessage(id: 0x0102, questions: [.init(name: DNSName(["Ab", "local"]), kind: .pointer)])
    let name: [UInt8] = [2, 0x61, 0x62, 5, 0x6C, 0x6F, 0x63, 0x61, 0x6C, 0]
    #expect(question.bytes == [1, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0] + name + [0, 12, 0, 1])
  }

  @Test("may have names that point to earlier ones")
  func compression() {
    // host.local, then a.(local) as a service on (host.local).
    let head: [UInt8] = [0, 0, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0]
    let host: [UInt8] = [4, 0x68, 0x6F, 0x73, 0x74, 5, 0x6C, 0x6F, 0x63, 0x61, 0x6C, 0]
    let record: [UInt8] = [1, 0x61, 0xC0, 17, 0, 33, 0x80, 1, 0, 0, 0, 9, 0, 8, 0, 0, 0, 0, 0x1B, 0x9E, 0xC0, 12]
    let message = DNSMessage(head + host + [0, 1, 0, 1] + record)
    #expect(
      message?.records == [
        .init(name: DNSName(["a", "local"]), content: .service(host: Self.host, port: 7070), lifetime: 9)
      ])
  }

  @Test("that point in a circle, to themselves or ahead are refused")
  func circles() {
    let head: [UInt8] = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    for pointer: [UInt8] in [[0xC0, 12], [0xC0, 14], [1, 0x61, 0xC0, 12], [0xC0, 0xFF], [0xC0], [0xFF, 0xFF]] {
      #expect(DNSMessage(head + pointer + [0, 33, 0, 1]) == nil, "\(pointer)")
    }
  }

  @Test("of other purposes, or too long, are refused")
  func others() {
    #expect(DNSMessage([0, 0, 0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0]) == nil)
    #expect(DNSMessage([0, 0, 0x80, 3, 0, 0, 0, 0, 0, 0, 0, 0]) == nil)
    #expect(DNSMessage([UInt8](repeating: 0, count: DNSMessage.maximumByteCount + 1)) == nil)
  }

  @Test("that are cut anywhere are refused, and those with a wrong byte do no harm")
  func damage() {
    let bytes = Self.message.bytes
    for count in 0..<bytes.count { #expect(DNSMessage(Array(bytes.prefix(count))) == nil, "\(count)") }
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        damaged[Int.random(in: 0..<damaged.count, using: &generator)] = .random(in: .min ... .max, using: &generator)
      }
      // What is read can be written, too: an answer repeats its question.
      if let message = DNSMessage(damaged) { #expect(message.bytes.count >= 12) }
    }
  }

  @Test("names differ by all but the case of ASCII")
  func names() {
    #expect(DNSName(["Host", "LOCAL"]) == Self.host)
    #expect(DNSName(["É"]) != DNSName(["é"]))
  }
}
