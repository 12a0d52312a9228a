/// Why a socket could not be opened, or a message not queued. The text names the endpoint and the remedy.
package enum TransportError: Error, Hashable, Sendable, CustomStringConvertible {
  /// libzmq is older than this program needs.
  case library(version: String)
  /// libzmq was built without CURVE.
  case noKeys
  /// The process is out of descriptors, memory or threads.
  case resources(String)
  /// Another socket listens there.
  case inUse(Endpoint)
  /// Without keys, every machine could connect.
  case insecure(Endpoint)
  /// The endpoint cannot be bound or connected to, and why.
  case cannotOpen(Endpoint, reason: String)
  /// `open` was called from a callback, where it would wait for its own thread.
  case onLoopThread
  /// The loop is stopping or has stopped.
  case stopped
  /// No such socket is open.
  case noSuchSocket
  /// A router needs a peer to send to, other sockets accept none, and a pull socket cannot send.
  case wrongAddressing
  /// A message has no frame or too many, or more bytes than the socket carries.
  case unsendable(frameCount: Int, byteCount: Int, limit: Int)
  /// Too many bytes wait for a peer.
  case queueFull(byteCount: Int, limit: Int)

  package var description: String {
    switch self {
    case .library(let version): "libzmq \(version) is too old; install 4.3.4 or later"
    case .noKeys: "this libzmq was built without CURVE, so it has no keys; install one with libsodium"
    case .resources(let what): "could not create \(what); raise the limits on open files and threads"
    case .inUse(let endpoint):
      "\(endpoint) is in use by another program; stop that program or choose another "
        + (endpoint.isPath ? "path" : "port")
    case .insecure(let endpoint):
      "\(endpoint) can be reached from other machines and has no keys; make them with longhaul init, use 127.0.0.1 or "
        + "an ipc path, or allow insecure connections with --insecure"
    case .cannotOpen(let endpoint, let reason): "cannot open \(endpoint): \(reason)"
    case .onLoopThread: "a socket cannot be opened from a socket's callback"
    case .stopped: "the sockets are closed: the process is stopping"
    case .noSuchSocket: "the socket is closed"
    case .wrongAddressing: "this kind of socket cannot send to that peer"
    case .unsendable(let frameCount, let byteCount, let limit):
      "a message of \(frameCount) frames and \(byteCount) bytes does not fit the socket's limit of \(limit) bytes"
    case .queueFull(let byteCount, let limit):
      "\(byteCount) bytes wait to be sent, the limit is \(limit): the peer is gone or too slow"
    }
  }
}

extension Endpoint {
  var isPath: Bool {
    if case .ipc = address { true } else { false }
  }
}
