import Foundation
import ServiceLifecycle
import Synchronization
import Transport

/// Answers workers that look for this coordinator by multicast DNS, as a service with a thread of its own.
final class DiscoveryService: Service {
  /// Answers a second: more are asked for by mistake or malice.
  private static let answerLimit = 20

  private let socket: MulticastSocket
  private let coordinator: CoordinatorService
  private let addresses: [IPv4Address]
  private let port: UInt16
  private let isOver = Atomic(false)

  /// Opens the socket: from now on questions are kept for the thread.
  /// - Parameter endpoint: where workers register.
  /// - Throws: `CommandFailure` for an endpoint without an IPv4 address of a network, or without such a network.
  init(_ key: PublicKey, at endpoint: Endpoint) throws {
    coordinator = CoordinatorService(key: key)
    guard case .tcp(let host, let port) = endpoint.address, case let addresses = IPv4Address.named(host),
      !addresses.isEmpty
    else {
      throw CommandFailure(
        .usage, "--discover requires an IPv4 address in --listen that other hosts reach; \(endpoint) has none")
    }
    (self.addresses, self.port) = (addresses, port)
    do {
      socket = try MulticastSocket(isListening: true)
    } catch {
      throw CommandFailure(.unavailable, "--discover: \(error)")
    }
  }

  func run() async throws {
    await withGracefulShutdownHandler {
      await withCheckedContinuation { continuation in
        Thread.detachNewThread { [self] in
          answer()
          continuation.resume()
        }
      }
    } onGracefulShutdown: {
      self.isOver.store(true, ordering: .relaxed)
    }
  }

  private func answer() {
    var (second, answerCount) = (ContinuousClock.now, 0)
    while !isOver.load(ordering: .relaxed) {
      guard let datagram = socket.receive(withinMilliseconds: 200), let question = DNSMessage(datagram.bytes),
        let answer = coordinator.answer(to: question, asker: datagram.port, addresses: addresses, port: port)
      else { continue }
      if ContinuousClock.now - second > .seconds(1) { (second, answerCount) = (.now, 0) }
      answerCount += 1
      guard answerCount <= Self.answerLimit else { continue }
      if answer.isForAll {
        socket.sendToAll(answer.message.bytes)
      } else {
        socket.send(answer.message.bytes, to: datagram.sender, port: datagram.port)
      }
    }
  }
}
