import Foundation
import Logging
import WeightDistribution
import Wire

/// Learns what the links to other workers carry: measures each that its host has not kept, one after the other, while
/// the worker has nothing to do. A plan is not kept waiting: it knows what was measured before it.
///
/// Of two workers the one whose name is first measures. Workers of one host that share memory have no link.
final class LinkSearch: @unchecked Sendable {
  // Safety: every field below is touched under the condition's lock only.
  private let condition = NSCondition()
  private var kept: KeptLinks
  private var wanted: [WeightPeer] = []
  private var isAllowed = false

  private let name: String
  private let measures: Bool
  private let file: KeptFile?
  private let progress: @Sendable () -> UInt64?
  private let measure: @Sendable (WeightPeer, Cancellation) throws -> LinkFigures?
  private let report: @Sendable (MeasuredLink) -> Void
  private let logger: Logger
  private let cancellation = Cancellation()

  /// How long a worker must have had nothing to do.
  private static let quiet = Duration.milliseconds(500)
  /// Between two measurements, so that workers that begin at once do not all measure at once.
  private static let pauses = 0.05...0.5

  /// - Parameters:
  ///   - measures: whether to; what is kept is known all the same.
  ///   - file: where links are kept; nil keeps none.
  ///   - progress: grows with the work done; nil while there is some in hand.
  ///   - measure: takes seconds, on the search's own thread; nil where a link cannot be measured.
  ///   - report: of each link that was measured.
  init(
    of name: String, measures: Bool, file: KeptFile?, logger: Logger, progress: @escaping @Sendable () -> UInt64?,
    measure: @escaping @Sendable (WeightPeer, Cancellation) throws -> LinkFigures?,
    report: @escaping @Sendable (MeasuredLink) -> Void
  ) {
    self.name = name
    self.measures = measures
    self.file = file
    self.logger = logger
    (self.progress, self.measure, self.report) = (progress, measure, report)
    kept = file?.read().flatMap { KeptLinks($0, of: name) } ?? KeptLinks(of: name)
    let thread = Thread { [self] in run() }
    thread.name = "links"
    thread.start()
  }

  /// What is known, from before and from now.
  var measured: [MeasuredLink] { condition.withLock { kept.measured } }

  /// The other workers; those that were given before are dropped.
  func update(_ peers: [WeightPeer]) {
    guard measures else { return }
    let time = Int(Date().timeIntervalSince1970)
    condition.withLock {
      wanted = peers.filter { peer in
        name < peer.name && !peer.endpoint.hasPrefix("ipc:") && kept.lacks(peer, time: time)
      }.shuffled()
      condition.signal()
    }
  }

  /// Whether the worker has a place in the cluster and loads nothing: links are free then.
  func allow(_ isAllowed: Bool) {
    condition.withLock {
      self.isAllowed = isAllowed
      condition.signal()
    }
  }

  func stop() {
    cancellation.cancel()
    condition.withLock { condition.signal() }
  }

  private func run() {
    // Only a cancellation ends it.
    while let peer = try? next() {
      guard let figures = try? measure(peer, cancellation) else {
        logger.debug("link not measured", metadata: ["worker": "\(peer.name)", "endpoint": "\(peer.endpoint)"])
        continue
      }
      keep(figures, to: peer)
      report(
        MeasuredLink(
          worker: peer.name, bytesPerSecond: figures.bytesPerSecond, roundTripSeconds: figures.roundTripSeconds))
    }
  }

  /// The next link to measure, once the worker has had nothing to do for a while.
  /// - Throws: `Cancelled`.
  private func next() throws -> WeightPeer {
    while true {
      condition.withLock {
        while wanted.isEmpty || !isAllowed, (try? cancellation.check()) != nil { condition.wait() }
      }
      let before = progress()
      try cancellation.pause(for: Self.quiet + .seconds(Double.random(in: Self.pauses)))
      guard let before, progress() == before else { continue }
      if let peer = condition.withLock({ isAllowed ? wanted.popLast() : nil }) { return peer }
    }
  }

  private func keep(_ figures: LinkFigures, to peer: WeightPeer) {
    let bytes = condition.withLock {
      kept.insert(figures, to: peer, time: Int(Date().timeIntervalSince1970))
      return kept.bytes
    }
    logger.info(
      "link measured",
      metadata: [
        "worker": "\(peer.name)", "megabits_per_second": "\(Int(figures.bytesPerSecond * 8e-6))",
        "round_trip_ms": "\((figures.roundTripSeconds * 1e5).rounded() / 100)",
      ])
    do { try file?.replace(by: bytes) } catch {
      logger.warning("the link is measured again next time", metadata: ["reason": "\(error)"])
    }
  }
}
