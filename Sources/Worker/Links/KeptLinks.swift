import Core
import WeightDistribution
import Wire

/// What a worker has measured of its links, as its host keeps it: a line for each other worker, under a checksum.
///
///     longhaul links 1
///     of w1
///     116500000.0 0.0004 1796083200 tcp://10.0.0.2:7002 w2
///     checksum 1a2b3c4d
///
/// Bytes a second, seconds there and back, when that was in seconds since 1970, the other's endpoint and its name. Only
/// the very bytes that this program would write are read, as of `SpeedRecord`.
struct KeptLinks: Hashable {
  struct Link: Hashable {
    var figures: LinkFigures
    /// Seconds since 1970.
    var time: Int
    /// Where the other worker was: a worker of the same name elsewhere has another link.
    var endpoint: String
  }

  static let maximumByteCount = 1 << 20
  /// After that a link is measured again.
  static let freshSeconds = 24 * 3600

  /// The worker whose links these are.
  let worker: String
  /// By the other's name.
  private(set) var links: [String: Link] = [:]

  init(of worker: String) { self.worker = worker }

  /// Nil unless the bytes are this worker's.
  init?(_ bytes: [UInt8], of worker: String) {
    guard bytes.count <= Self.maximumByteCount, let text = String(validating: bytes, as: UTF8.self) else { return nil }
    self.init(of: worker)
    for line in text.split(separator: "\n").dropFirst(2).dropLast() {
      let words = line.split(separator: " ", maxSplits: 4)
      guard words.count == 5, links.count < Limits.maximumWorkerCount, let rate = Double(words[0]),
        let trip = Double(words[1]), let time = Int(words[2]), WireLimits.linkRates.contains(rate),
        WireLimits.roundTrips.contains(trip)
      else { return nil }
      links[String(words[4])] = Link(
        figures: LinkFigures(bytesPerSecond: rate, roundTripSeconds: trip), time: time, endpoint: String(words[3]))
    }
    guard self.bytes == bytes else { return nil }
  }

  var bytes: [UInt8] {
    let lines = links.sorted { $0.key < $1.key }.map { name, link in
      "\(link.figures.bytesPerSecond) \(link.figures.roundTripSeconds) \(link.time) \(link.endpoint) \(name)\n"
    }
    return KeptText.bytes("longhaul links 1\nof \(worker)\n\(lines.joined())")
  }

  /// As the coordinator is notified of them.
  var measured: [MeasuredLink] {
    links.sorted { $0.key < $1.key }.map { name, link in
      MeasuredLink(
        worker: name, bytesPerSecond: link.figures.bytesPerSecond, roundTripSeconds: link.figures.roundTripSeconds)
    }
  }

  /// Whether a link is to be measured.
  func lacks(_ peer: WeightPeer, time: Int) -> Bool {
    guard let link = links[peer.name], link.endpoint == peer.endpoint else { return true }
    return !(0..<Self.freshSeconds).contains(time - link.time)
  }

  /// Where there are too many, the oldest is forgotten.
  mutating func insert(_ figures: LinkFigures, to peer: WeightPeer, time: Int) {
    if links[peer.name] == nil, links.count >= Limits.maximumWorkerCount,
      let oldest = links.min(by: { ($0.value.time, $0.key) < ($1.value.time, $1.key) })
    {
      links[oldest.key] = nil
    }
    links[peer.name] = Link(figures: figures, time: time, endpoint: peer.endpoint)
  }
}
