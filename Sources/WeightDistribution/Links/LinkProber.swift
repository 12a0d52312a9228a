package import Transport
import Wire

/// Measures the link to another worker over a connection of its own, to where that worker serves weights: the way that
/// hidden states take, with the same keys. One use, one thread; at most some seconds.
package struct LinkProber {
  /// How long the answers to a batch may take. A worker of another release answers nothing.
  private static let patience = Duration.seconds(5)

  private let connections: FetchConnections
  private let cancellation: Cancellation

  package init(loop: SocketLoop, peer: SocketSpecification, cancellation: Cancellation) {
    // It is asked as another worker is; the coordinator is no part of this.
    connections = FetchConnections(loop: loop, coordinator: peer, peers: [peer])
    self.cancellation = cancellation
  }

  /// Nil where the other worker does not answer in time, or breaks off.
  /// - Throws: `Cancelled`.
  package func measure() throws -> LinkFigures? {
    defer { connections.close() }
    connections.interrupt(by: cancellation)
    var probes = LinkProbes()
    while let batch = probes.next {
      try cancellation.check()
      guard let duration = try answers(to: batch) else { return nil }
      probes.answered(in: duration)
    }
    return probes.figures
  }

  private func answers(to batch: LinkProbes.Batch) throws -> Duration? {
    let start = ContinuousClock.now
    for _ in 0..<batch.count { try connections.ask(.probeLink(byteCount: batch.byteCount), of: .peer(0)) }
    var missing = batch.count
    while missing > 0 {
      let left = Self.patience - start.duration(to: .now)
      guard left > .zero, let (_, arrival) = connections.next(within: left) else { return nil }
      guard case .message(.linkProbed(let byteCount), let bytes) = arrival, byteCount == batch.byteCount,
        bytes?.count ?? 0 == byteCount
      else { return nil }
      missing -= 1
    }
    return start.duration(to: .now)
  }
}
