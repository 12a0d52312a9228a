import Provisioning
import Transport
import Wire

/// The lines over which one stage's weights come, each from the first question on: a connection takes several round
/// trips, and a stage whose weights are all here needs none. Loader thread.
final class WeightLines {
  private let loop: SocketLoop
  private let coordinator: SocketSpecification
  private let peers: [SocketSpecification]
  private var coordinatorLine: WeightsLine?
  private var peerLines: [Int: WeightsLine] = [:]
  private let inbox = WeightsInbox()

  /// - Parameter peers: of the workers that may be asked.
  init(loop: SocketLoop, coordinator: SocketSpecification, peers: [SocketSpecification] = []) {
    self.loop = loop
    self.coordinator = coordinator
    self.peers = peers
  }

  var peerCount: Int { peers.count }

  func endpoint(ofPeer index: Int) -> Endpoint { peers[index].endpoint }

  /// - Throws: `TransportError` when the coordinator cannot be asked at all.
  func ask(_ message: WorkerMessage, of source: ChunkPlan.Source = .coordinator) throws {
    switch source {
    case .coordinator:
      let line =
        try coordinatorLine ?? WeightsLine(loop: loop, specification: coordinator, source: source, inbox: inbox)
      coordinatorLine = line
      line.ask(message)
    case .peer(let index):
      if peerLines[index] == nil {
        // One that cannot be opened answers nothing, and is left for that.
        peerLines[index] = try? WeightsLine(loop: loop, specification: peers[index], source: source, inbox: inbox)
      }
      peerLines[index]?.ask(message)
    }
  }

  /// The next arrival; nil when none comes in time, or once the work is cancelled.
  /// - Parameter wait: how long at most; nil waits until something comes or the work is cancelled.
  func next(within wait: Duration?) -> (source: ChunkPlan.Source, arrival: WeightsInbox.Arrival)? {
    inbox.take(within: wait)
  }

  /// Ends a wait in `next` when the work is cancelled.
  func interrupt(by cancellation: Cancellation) {
    cancellation.onCancel { [inbox] in inbox.interrupt() }
  }

  /// A worker that is asked no more.
  func leave(peer index: Int) { peerLines.removeValue(forKey: index)?.close() }

  func close() {
    coordinatorLine?.close()
    coordinatorLine = nil
    for line in peerLines.values { line.close() }
    peerLines = [:]
  }
}
