package import Transport
import Wire

/// The connections over which one stage's weights come, each opened by its first request: opening takes several round
/// trips, and a stage whose weights are all here needs none. Loader thread.
package final class FetchConnections {
  private let loop: SocketLoop
  private let coordinator: SocketSpecification
  private let peers: [SocketSpecification]
  private var coordinatorConnection: FetchConnection?
  private var peerConnections: [Int: FetchConnection] = [:]
  private let inbox = FetchInbox()

  /// - Parameter peers: of the workers that may be asked.
  package init(loop: SocketLoop, coordinator: SocketSpecification, peers: [SocketSpecification] = []) {
    self.loop = loop
    self.coordinator = coordinator
    self.peers = peers
  }

  package var peerCount: Int { peers.count }

  func endpoint(ofPeer index: Int) -> Endpoint { peers[index].endpoint }

  /// - Throws: `TransportError` when the coordinator cannot be asked at all.
  func ask(_ message: WorkerMessage, of source: FetchPlan.Source = .coordinator) throws {
    switch source {
    case .coordinator:
      let connection =
        try coordinatorConnection
        ?? FetchConnection(loop: loop, specification: coordinator, source: source, inbox: inbox)
      coordinatorConnection = connection
      connection.ask(message)
    case .peer(let index):
      if peerConnections[index] == nil {
        // One that cannot be opened answers nothing, and is left for that.
        peerConnections[index] = try? FetchConnection(
          loop: loop, specification: peers[index], source: source, inbox: inbox)
      }
      peerConnections[index]?.ask(message)
    }
  }

  /// The next arrival; nil when none comes in time, or once the work is cancelled.
  /// - Parameter wait: how long at most; nil waits until something comes or the work is cancelled.
  func next(within wait: Duration?) -> (source: FetchPlan.Source, arrival: FetchInbox.Arrival)? {
    inbox.take(within: wait)
  }

  /// Ends a wait in `next` when the work is cancelled.
  func interrupt(by cancellation: Cancellation) {
    cancellation.onCancel { [inbox] in inbox.interrupt() }
  }

  /// A worker that is asked no more.
  func leave(peer index: Int) { peerConnections.removeValue(forKey: index)?.close() }

  package func close() {
    coordinatorConnection?.close()
    coordinatorConnection = nil
    for connection in peerConnections.values { connection.close() }
    peerConnections = [:]
  }
}
