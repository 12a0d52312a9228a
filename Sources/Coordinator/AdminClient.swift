import Dispatch
import Core
import Sockets
import Synchronization
package import Transport
import Wire

/// Requests of an operator's tool to a running coordinator, over its own control connection.
package enum AdminClient {
  /// Drains a worker: it gives up its layers and leaves. Returns the coordinator's answer. Blocks for at most
  /// `seconds`.
  ///
  /// - Throws: `OperatorFailure` or `TransportError`.
  package static func drain(
    worker: String, coordinator: Endpoint, keys: SocketKeys, allowsInsecureRemote: Bool, seconds: Int
  ) throws -> String {
    let loop = try SocketLoop(name: "operator")
    defer { loop.stop() }
    let answer = Mutex<Result<CoordinatorMessage, any Error>?>(nil)
    let arrived = DispatchSemaphore(value: 0)
    let access = SocketSpecification.Access(keys, allowsInsecureRemote: allowsInsecureRemote)
    let connection = try loop.open(.control(to: coordinator, access, linger: .zero)) { message, _ in
      guard let frame = message.frames.first else { return }
      // An answer that cannot be read, such as one of another version, becomes an error.
      let read = Result { try frame.withUnsafeBytes { try CoordinatorMessage(decoding: $0) } }
      answer.withLock { $0 = $0 ?? read }
      arrived.signal()
    }
    try loop.send(Message(WorkerMessage.drain(worker: worker).encoded()), on: connection)
    guard arrived.wait(timeout: .now() + .seconds(seconds)) == .success else {
      throw OperatorFailure.noAnswer(coordinator, worker: worker, seconds: seconds)
    }
    switch answer.withLock({ $0 }) {
    case .success(.drained(let reason)): return reason
    case .success(.refused(let reason)): throw OperatorFailure.refused(reason)
    case .failure(let error): throw OperatorFailure.unreadable(coordinator, reason: "\(error)")
    default: throw OperatorFailure.refused("the coordinator sent another answer; install one release everywhere")
    }
  }
}

/// Why an operator's request failed.
package enum OperatorFailure: Error, CustomStringConvertible {
  case noAnswer(Endpoint, worker: String, seconds: Int)
  case refused(String)
  /// The answer is not of this release.
  case unreadable(Endpoint, reason: String)

  package var description: String {
    switch self {
    case .noAnswer(let endpoint, let worker, let seconds):
      "\(worker) has not been drained within \(seconds) s: either no coordinator answers at \(endpoint), or the other "
        + "workers cannot hold its layers while requests run; start another worker, or wait"
    case .refused(let reason): reason
    case .unreadable(let endpoint, let reason):
      "the answer of \(endpoint) cannot be read: \(reason); check that --coordinator names one of this release"
    }
  }
}
