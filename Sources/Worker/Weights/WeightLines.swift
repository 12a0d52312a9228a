import Provisioning
import Transport
import Wire

/// The lines over which one stage's weights come: to the coordinator, and to other workers from the first question to
/// each on. Compute thread.
final class WeightLines {
  private let loop: SocketLoop
  private let coordinator: WeightsLine
  private let peers: [SocketSpecification]
  private var peerLines: [Int: WeightsLine] = [:]
  private let inbox = WeightsInbox()

  /// - Parameter peers: of the workers that may be asked.
  /// - Throws: `TransportError`.
  init(loop: SocketLoop, coordinator: SocketSpecification, peers: [SocketSpecification] = []) throws {
    self.loop = loop
    self.peers = peers
    self.coordinator = try WeightsLine(loop: loop, specification: coordinator, source: .coordinator, inbox: inbox)
  }

  var peerCount: Int { peers.count }

  func endpoint(ofPeer index: Int) -> Endpoint { peers[index].endpoint }

  func ask(_ message: WorkerMessage, of source: ChunkPlan.Source = .coordinator) {
    switch source {
    case .coordinator: coordinator.ask(message)
    case .peer(let index):
      if peerLines[index] == nil {
        // One that cannot be opened answers nothing, and is left for that.
        peerLines[index] = try? WeightsLine(loop: loop, specification: peers[index], source: source, inbox: inbox)
      }
      peerLines[index]?.ask(message)
    }
  }

  func next(within seconds: Double) -> (source: ChunkPlan.Source, arrival: WeightsInbox.Arrival)? {
    inbox.take(within: seconds)
  }

  /// A worker that is asked no more.
  func leave(peer index: Int) { peerLines.removeValue(forKey: index)?.close() }

  func close() {
    coordinator.close()
    for line in peerLines.values { line.close() }
    peerLines = [:]
  }
}
