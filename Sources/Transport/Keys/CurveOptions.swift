import CZeroMQ

/// Sets up CURVE encryption (ZeroMQ RFC 26) on a socket, before it is bound or connected.
func configureKeys(
  _ handle: UnsafeMutableRawPointer, _ id: SocketID, _ specification: SocketSpecification
) throws(TransportError) {
  func set(_ option: Int32, _ bytes: [UInt8]) throws(TransportError) {
    guard zmq_setsockopt(handle, option, bytes, bytes.count) == 0 else {
      throw .cannotOpen(specification.endpoint, reason: "libzmq refuses its keys: \(lastErrorText())")
    }
  }
  func set(_ option: Int32, _ value: Int32) throws(TransportError) {
    try set(option, withUnsafeBytes(of: value) { Array($0) })
  }
  switch specification.keys {
  case .none: return
  case .accepting(let own, _, _):
    try set(ZMQ_CURVE_SERVER, 1)
    try set(ZMQ_CURVE_SECRETKEY, own.secret)
    try set(ZMQ_ZAP_DOMAIN, Array(id.domain.utf8))
  case .presenting(let own, let server):
    try set(ZMQ_CURVE_SERVERKEY, server.bytes)
    try set(ZMQ_CURVE_PUBLICKEY, own.publicKey.bytes)
    try set(ZMQ_CURVE_SECRETKEY, own.secret)
  }
}
