import Transport
import WeightDistribution

/// A coordinator as multicast DNS names it: by a digest of its public key, which a worker's key file has, so that
/// neither an address nor a cluster's name is configured, and a worker finds its own cluster of several.
struct CoordinatorService: Hashable, Sendable {
  /// The kind of service, as DNS-SD names kinds (RFC 6763).
  static let kind = DNSName(["_longhaul", "_tcp", "local"])
  /// Seconds for which an answer holds, and for which it does where the asker is no resolver (RFC 6762, 6.7 and 10).
  static let lifetime: UInt32 = 120
  static let shortLifetime: UInt32 = 10
  /// Where resolvers ask and answer.
  static let resolverPort: UInt16 = 5353

  let name: DNSName
  let host: DNSName

  init(key: PublicKey) {
    var hash = SHA256()
    hash.update(key.bytes)
    let digest = hash.finalize().prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    name = DNSName([digest] + Self.kind.labels)
    host = DNSName(["longhaul-\(digest)", "local"])
  }

  // MARK: The coordinator's side

  /// The answer to a question; nil where none of it is about this coordinator.
  /// - Parameters:
  ///   - asker: the port that the question came from. Another than a resolver's gets its own question back.
  ///   - addresses: the coordinator's, with the port where workers register.
  func answer(
    to message: DNSMessage, asker: UInt16, addresses: [IPv4Address], port: UInt16
  ) -> (message: DNSMessage, isForAll: Bool)? {
    guard !message.isAnswer else { return nil }
    let asked = message.questions.filter(isAbout)
    guard !asked.isEmpty else { return nil }
    let isResolver = asker == Self.resolverPort
    let lifetime = isResolver ? Self.lifetime : Self.shortLifetime
    var answer = DNSMessage(isAnswer: true)
    if !isResolver { (answer.id, answer.questions) = (message.id, [asked[0]]) }
    answer.records =
      [
        .init(name: Self.kind, content: .pointer(name), lifetime: lifetime),
        .init(name: name, content: .service(host: host, port: port), lifetime: lifetime),
      ] + addresses.map { .init(name: host, content: .address($0), lifetime: lifetime) }
    return (answer, isResolver && !asked.allSatisfy(\.acceptsUnicast))
  }

  private func isAbout(_ question: DNSMessage.Question) -> Bool {
    guard let kind = question.kind else { return false }
    return switch question.name {
    case Self.kind: [.pointer, .any].contains(kind)
    case name: [.service, .any].contains(kind)
    case host: [.address, .any].contains(kind)
    default: false
    }
  }

  // MARK: A worker's side

  /// - Parameter id: another one for every search, by which its answers are known.
  func question(id: UInt16) -> DNSMessage {
    DNSMessage(id: id, questions: [.init(name: name, kind: .service, acceptsUnicast: true)])
  }

  /// Where the coordinator is, by an answer to a question; empty for an answer to another.
  func places(in answer: DNSMessage, id: UInt16) -> [(address: IPv4Address, port: UInt16)] {
    guard answer.isAnswer, answer.id == id else { return [] }
    for record in answer.records where record.name == name {
      guard case .service(let host, let port) = record.content, port > 0 else { continue }
      return answer.records.compactMap { record in
        guard record.name == host, case .address(let address) = record.content, address.isHost else { return nil }
        return (address, port)
      }
    }
    return []
  }
}
