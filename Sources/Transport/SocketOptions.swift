import CZeroMQ

extension SocketSpecification.Kind {
  var native: Int32 {
    switch self {
    case .router: ZMQ_ROUTER
    case .dealer: ZMQ_DEALER
    case .push: ZMQ_PUSH
    case .pull: ZMQ_PULL
    }
  }
}

extension Endpoint {
  /// In libzmq's form. libzmq does not resolve names when it binds, and `localhost` is IPv6 only on some machines.
  var native: String {
    if case .tcp("localhost", let port) = address { "tcp://127.0.0.1:\(port)" } else { description }
  }
}

extension Duration {
  /// Milliseconds for libzmq, at least 0.
  var wholeMilliseconds: Int32 {
    let (seconds, attoseconds) = components
    let milliseconds = Double(seconds) * 1000 + Double(attoseconds) / 1e15
    return Int32(min(max(milliseconds.rounded(.up), 0), Double(Int32.max)))
  }
}

/// Sets every option whose default is unsafe: by default libzmq waits forever, queues a thousand messages of any size,
/// and silently drops what it cannot route.
///
/// Two options stay unused. At its receive high-water mark libzmq 4.3.4 stops reading; when the connection then breaks,
/// it loses the bytes in the kernel, and its next heartbeat on that connection ends the process with a failed
/// assertion. So there is no receive mark (the protocols above limit the number of messages), and TCP's own probes find
/// a silent machine.
func configure(
  _ handle: UnsafeMutableRawPointer, _ specification: SocketSpecification
) throws(TransportError) {
  func set(_ option: Int32, _ value: Int32) throws(TransportError) {
    var value = value
    guard zmq_setsockopt(handle, option, &value, MemoryLayout<Int32>.size) == 0 else {
      throw .cannotOpen(
        specification.endpoint, reason: "libzmq refuses option \(option) with \(value): \(lastErrorText())")
    }
  }
  try set(ZMQ_LINGER, specification.linger.wholeMilliseconds)
  try set(ZMQ_SNDHWM, Int32(clamping: max(1, specification.sendHighWaterMark)))
  // A push socket never reads: messages of its peer must not accumulate.
  try set(ZMQ_RCVHWM, specification.kind == .push ? 1 : 0)
  try set(ZMQ_HANDSHAKE_IVL, specification.handshakeInterval.wholeMilliseconds)
  try set(ZMQ_RECONNECT_IVL, 50)
  try set(ZMQ_RECONNECT_IVL_MAX, 2000)
  try set(ZMQ_BACKLOG, 256)
  if case .tcp = specification.endpoint.address {
    try set(ZMQ_IPV6, 1)
    let milliseconds = max(1000, specification.silenceTimeout.wholeMilliseconds)
    // Probes on an idle connection, and a deadline for the acknowledgement of what was sent.
    let probeSeconds = max(1, milliseconds / 1000 / 3)
    try set(ZMQ_TCP_KEEPALIVE, 1)
    try set(ZMQ_TCP_KEEPALIVE_IDLE, probeSeconds)
    try set(ZMQ_TCP_KEEPALIVE_INTVL, probeSeconds)
    try set(ZMQ_TCP_KEEPALIVE_CNT, 3)
    try set(ZMQ_TCP_MAXRT, milliseconds)
  }
  switch (specification.kind, specification.role) {
  case (.router, _): try set(ZMQ_ROUTER_MANDATORY, 1)
  // Without it libzmq queues messages for a peer that may never connect, and their bytes are not counted.
  case (_, .connect): try set(ZMQ_IMMEDIATE, 1)
  default: break
  }
  var limit = Int64(specification.maximumMessageByteCount)
  guard zmq_setsockopt(handle, ZMQ_MAXMSGSIZE, &limit, MemoryLayout<Int64>.size) == 0 else {
    throw .cannotOpen(specification.endpoint, reason: "libzmq refuses messages of up to \(limit) bytes")
  }
}

/// A socket that reports connections made, lost and refused.
func openMonitor(
  of handle: UnsafeMutableRawPointer, id: SocketID, context: UnsafeMutableRawPointer
) throws(TransportError) -> UnsafeMutableRawPointer {
  let name = "inproc://longhaul-monitor-\(id.rawValue)"
  let events =
    ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED
    | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
  guard zmq_socket_monitor(handle, name, events) == 0, let monitor = zmq_socket(context, ZMQ_PAIR) else {
    throw .resources("a ZeroMQ monitor (\(lastErrorText()))")
  }
  var linger: Int32 = 0
  zmq_setsockopt(monitor, ZMQ_LINGER, &linger, MemoryLayout<Int32>.size)
  // At a mark libzmq's thread would wait for this one, which may be waiting for it.
  var mark: Int32 = 0
  zmq_setsockopt(monitor, ZMQ_RCVHWM, &mark, MemoryLayout<Int32>.size)
  guard zmq_connect(monitor, name) == 0 else {
    let reason = lastErrorText()
    zmq_close(monitor)
    throw .resources("a ZeroMQ monitor (\(reason))")
  }
  return monitor
}

/// The text of libzmq's last error on this thread, or of a given error.
func lastErrorText(_ code: Int32 = zmq_errno()) -> String {
  switch code {
  case ENOENT: "its folder does not exist"
  case EACCES: "permission denied"
  case ENODEV, EADDRNOTAVAIL: "no interface of this machine has that address"
  default: String(cString: zmq_strerror(code))
  }
}
