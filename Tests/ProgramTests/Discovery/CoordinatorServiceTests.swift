import Testing
import Transport

@testable import longhaul

@Suite("Finding a coordinator by multicast DNS")
struct CoordinatorServiceTests {
  private static func service(_ byte: UInt8) throws -> CoordinatorService {
    CoordinatorService(key: try #require(PublicKey(bytes: [UInt8](repeating: byte, count: 32))))
  }

  private static let address = IPv4Address(value: 0x0A00_0001)

  private static func answer(
    _ service: CoordinatorService, _ question: DNSMessage, asker: UInt16 = 40_000
  ) -> (message: DNSMessage, isForAll: Bool)? {
    service.answer(to: question, asker: asker, addresses: [address], port: 7070)
  }

  @Test("a worker finds the coordinator that has its cluster's key, and no other")
  func found() throws {
    let (own, other) = (try Self.service(1), try Self.service(2))
    let answer = try #require(Self.answer(own, own.question(id: 9)))
    let places = own.places(in: try #require(DNSMessage(answer.message.bytes)), id: 9)
    #expect(places.map(\.address) == [Self.address] && places.map(\.port) == [7070])
    #expect(!answer.isForAll)
    #expect(Self.answer(other, own.question(id: 9)) == nil)
    #expect(other.places(in: answer.message, id: 9).isEmpty)
  }

  @Test("the public key itself is not shown")
  func digest() throws {
    let service = try Self.service(0xAB)
    #expect(service.name.labels[0].count == 16 && service.name.labels[0] != "abababababababab")
    #expect(service.name.labels.dropFirst() == ["_longhaul", "_tcp", "local"])
  }

  @Test("answers to other questions, questions, and addresses of no host are left alone")
  func strange() throws {
    let service = try Self.service(1)
    let answer = try #require(Self.answer(service, service.question(id: 9))).message
    #expect(service.places(in: answer, id: 8).isEmpty)
    #expect(service.places(in: service.question(id: 9), id: 9).isEmpty)
    #expect(Self.answer(service, answer) == nil)
    for value: UInt32 in [0, 0x7F00_0001, 0xE000_00FB, 0xFFFF_FFFF] {
      var hostile = answer
      hostile.records = answer.records.map {
        guard case .address = $0.content else { return $0 }
        return .init(name: $0.name, content: .address(IPv4Address(value: value)), lifetime: 1)
      }
      #expect(service.places(in: hostile, id: 9).isEmpty, "\(IPv4Address(value: value))")
    }
    var portless = answer
    portless.records = [
      .init(name: service.name, content: .service(host: service.host, port: 0), lifetime: 1),
      .init(name: service.host, content: .address(Self.address), lifetime: 1),
    ]
    #expect(service.places(in: portless, id: 9).isEmpty)
  }

  @Test("a resolver that browses is answered before all, without its question, for longer")
  func resolver() throws {
    let service = try Self.service(1)
    let browse = DNSMessage(id: 3, questions: [.init(name: CoordinatorService.kind, kind: .pointer)])
    let answer = try #require(Self.answer(service, browse, asker: CoordinatorService.resolverPort))
    #expect(answer.isForAll && answer.message.id == 0 && answer.message.questions.isEmpty)
    #expect(answer.message.records.allSatisfy { $0.lifetime == CoordinatorService.lifetime })
    let legacy = try #require(Self.answer(service, browse)).message
    #expect(legacy.id == 3 && legacy.questions == browse.questions)
    #expect(legacy.records.allSatisfy { $0.lifetime == CoordinatorService.shortLifetime })
    let address = DNSMessage(questions: [.init(name: service.host, kind: .address, acceptsUnicast: true)])
    #expect(try #require(Self.answer(service, address, asker: CoordinatorService.resolverPort)).isForAll == false)
  }

  @Test(
    "names of hosts become the addresses that others reach", arguments: ["127.0.0.1", "localhost", "::1", "0.0.0.0"])
  func unreachable(_ host: String) {
    #expect(IPv4Address.named(host).isEmpty)
    #expect(IPv4Address.named("10.0.0.1").map(\.description) == ["10.0.0.1"])
  }
}
