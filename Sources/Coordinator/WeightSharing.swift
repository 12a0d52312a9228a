import CoreMetrics
import Logging
import Transport
import WeightDistribution
import Wire

/// The coordinator's part in the exchange of weights: it serves blocks of the model and its manifest. Any thread.
final class WeightSharing: Sendable {
  private let model: PublishedModel
  private let control: ControlSocket
  private let server: BlobServer

  /// - Parameter sentBytes: counts the bytes of blocks.
  init(_ model: PublishedModel, control: ControlSocket, logger: Logger, sentBytes: Counter) {
    self.model = model
    self.control = control
    server = BlobServer(model, logger: logger, refusalLevel: .warning) { message, peer in
      // The worker asks again for a block that cannot be sent.
      try? control.loop.send(message, on: control.id, to: peer)
      let byteCount = message.frames.dropFirst().reduce(0) { $0 + $1.count }
      if byteCount > 0 { sentBytes.increment(by: byteCount) }
    }
  }

  /// Answers with the manifest, or how much of it is ready.
  func sendManifest(to peer: PeerID) { control.send(.manifest(model.news), to: peer) }

  func enqueue(_ range: ContentRange, from peer: PeerID) { server.enqueue(range, from: peer) }

  func stop() {
    server.stop()
    model.stop()
  }
}
