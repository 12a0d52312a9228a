/// What the network between two workers carries, either way. Positive where it is known.
package struct WorkerLink: Hashable, Sendable {
  /// Infinite where it is unknown.
  package var bytesPerSecond: Double
  /// Until a byte is there and back; 0 where it is unknown.
  package var roundTripSeconds: Double

  package static let unknown = WorkerLink()

  package init(bytesPerSecond: Double = .infinity, roundTripSeconds: Double = 0) {
    (self.bytesPerSecond, self.roundTripSeconds) = (bytesPerSecond, roundTripSeconds)
  }

  /// Picoseconds that so many bytes occupy it.
  func transferTime(_ byteCount: Int) -> Double { Double(byteCount) / bytesPerSecond * 1e12 }

  /// Picoseconds until a byte that was sent is there.
  var delay: Double { roundTripSeconds / 2 * 1e12 }

  /// As people read it, for example `94 Mbit/s`.
  var rateText: String {
    let megabits = bytesPerSecond * 8 / 1e6
    return megabits < 10 ? "\((megabits * 10).rounded() / 10) Mbit/s" : "\(Int(megabits.rounded())) Mbit/s"
  }

  /// For example `0.4 ms round trip`.
  var roundTripText: String { "\((roundTripSeconds * 1e4).rounded() / 10) ms round trip" }
}

/// The links between workers: as they are stated for two of them, else what each has to any other.
package struct WorkerLinks: Hashable, Sendable {
  private struct Pair: Hashable {
    let first: String
    let second: String

    init(_ a: String, _ b: String) { (first, second) = a < b ? (a, b) : (b, a) }
  }

  /// The link of a worker to any other, by name: of two ends the slower one counts.
  package var own: [String: WorkerLink] = [:]
  private var pairs: [Pair: WorkerLink] = [:]

  package init() {}

  /// The link between two workers, whichever sends.
  package subscript(_ a: String, _ b: String) -> WorkerLink {
    get {
      if let stated = pairs[Pair(a, b)] { return stated }
      let (from, to) = (own[a] ?? .unknown, own[b] ?? .unknown)
      return WorkerLink(
        bytesPerSecond: min(from.bytesPerSecond, to.bytesPerSecond),
        roundTripSeconds: max(from.roundTripSeconds, to.roundTripSeconds))
    }
    set { pairs[Pair(a, b)] = newValue }
  }

  /// The links between these workers where measurements that differ little are one: rates up to `alikeRate` times the
  /// next slower one, round trips up to `alikeRoundTrip` times the next shorter one. Noise so changes no order.
  func leveled(_ workers: [String]) -> WorkerLinks {
    let found = workers.indices.flatMap { a in workers[..<a].map { (workers[a], $0, self[workers[a], $0]) } }
    let rates = Levels(found.map(\.2.bytesPerSecond), alike: Self.alikeRate)
    let trips = Levels(found.map(\.2.roundTripSeconds), alike: Self.alikeRoundTrip)
    var links = WorkerLinks()
    for (a, b, link) in found {
      links[a, b] = WorkerLink(
        bytesPerSecond: rates.level(of: link.bytesPerSecond),
        roundTripSeconds: trips.level(of: link.roundTripSeconds))
    }
    return links
  }

  /// Whether something is known of the link between every two of the workers.
  func areKnown(_ workers: [String]) -> Bool {
    workers.indices.allSatisfy { a in workers[..<a].allSatisfy { self[workers[a], $0] != .unknown } }
  }

  /// Whether every two of the workers have the same link.
  func areEqual(_ workers: [String]) -> Bool {
    Set(workers.indices.flatMap { a in workers[..<a].map { self[workers[a], $0] } }).count <= 1
  }

  private static let alikeRate = 1.25
  private static let alikeRoundTrip = 2.0
}
