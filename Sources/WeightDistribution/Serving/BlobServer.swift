import Foundation
package import Logging
package import Transport
package import Wire

/// Sends blocks of weights to workers that ask, on a thread of its own, so that reading files does not block sockets or
/// control. A coordinator has one over its model, a worker one over what it holds of it.
///
/// It keeps no transfers, only requests that wait: a bounded number, and few of each peer. A peer asks again for what
/// never came.
package final class BlobServer: @unchecked Sendable {
  // Safety: every field below is touched under the condition's lock only.
  private let condition = NSCondition()
  private var waiting: [(range: ContentRange, peer: PeerID)] = []
  private var isStopped = false

  private let source: any BlobSource
  private let logger: Logger
  private let refusalLevel: Logger.Level
  private let send: @Sendable (Message, PeerID) -> Void

  /// Requests of one peer, which is what its window holds and some more; and of all.
  static let perPeerCapacity = 32
  static let capacity = 1024
  private let refusals = LogThrottle()
  private static let logInterval = Duration.seconds(5)

  /// - Parameters:
  ///   - refusalLevel: how loud a refusal is: where everything should be, one means that something is wrong.
  ///   - send: enqueues an answer; called on the server's thread.
  package init(
    _ source: any BlobSource, logger: Logger, refusalLevel: Logger.Level,
    send: @escaping @Sendable (Message, PeerID) -> Void
  ) {
    self.source = source
    self.logger = logger
    self.refusalLevel = refusalLevel
    self.send = send
    let thread = Thread { [self] in run() }
    thread.name = "weights"
    thread.start()
  }

  /// Queues a request; what is too much is dropped. Does not wait.
  package func enqueue(_ range: ContentRange, from peer: PeerID) {
    condition.lock()
    defer { condition.unlock() }
    guard !isStopped, waiting.count < Self.capacity,
      waiting.count(where: { $0.peer == peer }) < Self.perPeerCapacity
    else { return }
    waiting.append((range, peer))
    condition.signal()
  }

  /// Sends so many bytes at once: the time until they are there is measured. Does not wait.
  package func answerProbe(_ byteCount: Int, from peer: PeerID) {
    send(ProbeAnswer.message(byteCount: byteCount), peer)
  }

  /// Drops what waits, and ends the thread after the answer it is at.
  package func stop() {
    condition.lock()
    isStopped = true
    waiting = []
    condition.signal()
    condition.unlock()
  }

  private func next() -> (range: ContentRange, peer: PeerID)? {
    condition.lock()
    defer { condition.unlock() }
    while waiting.isEmpty, !isStopped { condition.wait() }
    return isStopped ? nil : waiting.removeFirst()
  }

  private func run() {
    var lastLog = ContinuousClock.now
    var byteCount = 0
    while let (range, peer) = next() {
      do {
        try answer(range, peer)
        byteCount += range.byteCount
      } catch {
        if refusals.isDue() {
          logger.log(level: refusalLevel, "weights refused", metadata: ["reason": "\(error)"])
        }
        let refusal = CoordinatorMessage.blockRefused(range.content, offset: range.offset, reason: "\(error)")
        send(Message(refusal.encoded()), peer)
      }
      let isIdle = condition.withLock { waiting.isEmpty }
      if byteCount > 0, ContinuousClock.now - lastLog >= Self.logInterval || (isIdle && byteCount >= 64 << 20) {
        logger.info("weights sent", metadata: ["bytes": "\(byteCount)"])
        (lastLog, byteCount) = (ContinuousClock.now, 0)
      }
    }
  }

  private func answer(_ range: ContentRange, _ peer: PeerID) throws {
    let reader = try source.reader(of: range)
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
    send(Message(frames: [Frame(CoordinatorMessage.block(range).encoded()), bytes]), peer)
  }
}
