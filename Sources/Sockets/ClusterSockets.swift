import Core
package import Transport
import Wire

/// Every socket of a cluster: one factory for each end of each row of the table in `proto/README.md`.
///
///     socket   | binds               | connects
///     control  | coordinator, ROUTER | workers and operators' tools, DEALER
///     weights  | worker, ROUTER      | other workers, DEALER; also to the coordinator's control socket
///     data     | worker, PULL        | the previous stage, PUSH; the coordinator for stage 0
///     result   | coordinator, PULL   | the last stage, PUSH
extension SocketSpecification {
  /// The other ends that a socket accepts.
  package struct Access: Sendable {
    let keys: SocketKeys
    /// Whether machines may connect, or be connected to, without keys.
    let allowsInsecureRemote: Bool

    package init(_ keys: SocketKeys, allowsInsecureRemote: Bool) {
      self.keys = keys
      self.allowsInsecureRemote = allowsInsecureRemote
    }
  }

  // MARK: Control

  package static func control(at endpoint: Endpoint, _ access: Access) -> SocketSpecification {
    SocketSpecification(.router, .bind(endpoint), access, WireLimits.maximumControlByteCount)
  }

  /// - Parameter linger: how long the last message may still be sent at the end.
  package static func control(to endpoint: Endpoint, _ access: Access, linger: Duration) -> SocketSpecification {
    var socket = SocketSpecification(.dealer, .connect(endpoint), access, WireLimits.maximumControlByteCount)
    socket.linger = linger
    return socket
  }

  // MARK: Weights

  package static func weights(at endpoint: Endpoint, _ access: Access) -> SocketSpecification {
    var socket = SocketSpecification(.router, .bind(endpoint), access, WireLimits.maximumControlByteCount)
    socket.handshakeInterval = acceptingInterval
    // libzmq keeps the requests of one peer, and no more.
    socket.sendHighWaterMark = 32
    socket.linger = .zero
    return socket
  }

  /// To a worker's weights socket, or to the coordinator's control socket.
  package static func weights(to endpoint: Endpoint, _ access: Access) -> SocketSpecification {
    var socket = SocketSpecification(.dealer, .connect(endpoint), access, WireLimits.maximumControlByteCount)
    socket.linger = .zero
    return socket
  }

  // MARK: Data and results

  package static func data(at endpoint: Endpoint, _ access: Access) -> SocketSpecification {
    var socket = SocketSpecification(.pull, .bind(endpoint), access, WireLimits.maximumPayloadByteCount)
    socket.handshakeInterval = acceptingInterval
    return socket
  }

  package static func result(at endpoint: Endpoint, _ access: Access) -> SocketSpecification {
    var socket = SocketSpecification(.pull, .bind(endpoint), access, WireLimits.maximumPayloadByteCount)
    socket.handshakeInterval = acceptingInterval
    return socket
  }

  /// From the coordinator to stage 0: headers without rows.
  package static func firstStage(at endpoint: Endpoint, _ access: Access, stageCount: Int) -> SocketSpecification {
    var socket = SocketSpecification(.push, .connect(endpoint), access, WireLimits.maximumHeaderByteCount)
    socket.maximumQueuedByteCount = StepWindow(stageCount: stageCount).byteCount(rows: 0, width: 0)
    return socket
  }

  /// From a stage to the next stage's data socket, or from the last stage to the coordinator's result socket.
  /// - Parameter stepTokenCount: maximum rows of a step.
  package static func nextStage(
    at endpoint: Endpoint, _ access: Access, stageCount: Int, stepTokenCount: Int
  ) -> SocketSpecification {
    var socket = SocketSpecification(.push, .connect(endpoint), access, WireLimits.maximumPayloadByteCount)
    socket.linger = .milliseconds(100)
    // The stage limits itself further, once it knows the width of its rows.
    socket.maximumQueuedByteCount = StepWindow(stageCount: stageCount).byteCount(
      rows: stepTokenCount, width: Limits.maximumHiddenSize)
    // This process counts bytes in its own queue; libzmq counts messages, so its queue is short.
    socket.sendHighWaterMark = 4
    return socket
  }

  /// The allowed keys of these sockets change with the plan: a peer may connect a moment before its key is known, and
  /// must retry soon.
  private static let acceptingInterval = Duration.seconds(1)

  private init(_ kind: Kind, _ role: Role, _ access: Access, _ maximumByteCount: Int) {
    self.init(kind: kind, role: role)
    maximumMessageByteCount = maximumByteCount
    keys = access.keys
    allowsInsecureRemote = access.allowsInsecureRemote
  }
}
