import Foundation
import Logging
import Provisioning
import Transport
import Wire

/// Answers workers that fetch weights, on a thread of its own: reading a file must hold up neither the sockets nor the
/// cluster's control.
///
/// It knows of no transfer, only of questions that wait: a bounded number, and few of each worker, who asks again for
/// what never came.
final class WeightDesk: @unchecked Sendable {
  // Safety: every field below is touched under the condition's lock only.
  private let condition = NSCondition()
  private var waiting: [(range: ContentRange, peer: PeerID)] = []
  private var isStopped = false

  private let model: SharedModel
  private let logger: Logger
  private let send: @Sendable (Message, PeerID) -> Void

  /// Questions of one worker, which is what its window holds and some more; and of all.
  static let perPeerCapacity = 32
  static let capacity = 1024
  private let refusals = RareNews()
  private static let newsInterval = Duration.seconds(5)

  /// - Parameter send: enqueues an answer; called on the desk's thread and on that of `take`.
  init(_ model: SharedModel, logger: Logger, send: @escaping @Sendable (Message, PeerID) -> Void) {
    self.model = model
    self.logger = logger
    self.send = send
    let thread = Thread { [self] in run() }
    thread.name = "weights"
    thread.start()
  }

  /// Answers how far the manifest is. Does not wait.
  func tellNews(_ peer: PeerID) {
    send(Message(frames: [Frame(CoordinatorMessage.manifest(model.news).encoded())]), peer)
  }

  /// Takes a question; what is too much is dropped. Does not wait.
  func take(_ range: ContentRange, from peer: PeerID) {
    condition.lock()
    defer { condition.unlock() }
    guard !isStopped, waiting.count < Self.capacity,
      waiting.count(where: { $0.peer == peer }) < Self.perPeerCapacity
    else { return }
    waiting.append((range, peer))
    condition.signal()
  }

  func stop() {
    condition.lock()
    isStopped = true
    waiting = []
    condition.signal()
    condition.unlock()
    model.stop()
  }

  private func next() -> (range: ContentRange, peer: PeerID)? {
    condition.lock()
    defer { condition.unlock() }
    while waiting.isEmpty, !isStopped { condition.wait() }
    return isStopped ? nil : waiting.removeFirst()
  }

  private func run() {
    var told = ContinuousClock.now
    var byteCount = 0
    while let (range, peer) = next() {
      do {
        try answer(range, peer)
        byteCount += range.byteCount
      } catch {
        if refusals.isToBeTold() { logger.warning("weights refused", metadata: ["reason": "\(error)"]) }
        let refusal = CoordinatorMessage.chunkRefused(range.content, offset: range.offset, reason: "\(error)")
        send(Message(frames: [Frame(refusal.encoded())]), peer)
      }
      let isCalm = condition.withLock { waiting.isEmpty }
      if byteCount > 0, ContinuousClock.now - told >= Self.newsInterval || (isCalm && byteCount >= 64 << 20) {
        logger.info("weights given out", metadata: ["bytes": "\(byteCount)"])
        (told, byteCount) = (ContinuousClock.now, 0)
      }
    }
  }

  private func answer(_ range: ContentRange, _ peer: PeerID) throws {
    let reader = try model.reader(of: range)
    var failure: (any Error)?
    let bytes = Frame(byteCount: range.byteCount) { buffer in
      do {
        try reader.fill(buffer)
      } catch {
        // The frame is not sent then.
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        failure = error
      }
    }
    if let failure { throw failure }
    send(Message(frames: [Frame(CoordinatorMessage.chunk(range).encoded()), bytes]), peer)
  }
}
