import CZeroMQ

/// Answers libzmq's request, at each handshake on a socket with keys, whether the peer is admitted (ZeroMQ RFC 27).
/// Confined to the loop's thread.
///
/// It is bound before any other socket. While no handler answers, libzmq accepts every connection; but a message is
/// delivered only with a key that was admitted here, so such a connection cannot send anything.
final class ZAPHandler {
  let handle: UnsafeMutableRawPointer

  init(context: UnsafeMutableRawPointer) throws(TransportError) {
    guard let handle = zmq_socket(context, ZMQ_REP) else {
      throw .resources("a ZeroMQ socket (\(lastErrorText()))")
    }
    self.handle = handle
    var linger: Int32 = 0
    zmq_setsockopt(handle, ZMQ_LINGER, &linger, MemoryLayout<Int32>.size)
    guard zmq_bind(handle, "inproc://zeromq.zap.01") == 0 else {
      let reason = lastErrorText()
      zmq_close(handle)
      throw .resources("the check of keys (\(reason))")
    }
  }

  func close() {
    zmq_close(handle)
  }

  /// Answers all requests that wait.
  /// - Parameter keys: those of the socket with the given domain; nil when it has been closed.
  func answer(_ keys: (String) -> SocketKeys?) {
    while let frames = receiveFrames(from: handle, limit: 8)?.frames {
      let question = frames.map { frame in frame.withUnsafeBytes { Array($0) } }
      let (status, user) = Self.verdict(question, keys)
      // The request's version and id, then status, its text, the user id, and no metadata.
      let answer = ["1.0".utf8Bytes, question.count > 1 ? question[1] : [], status.utf8Bytes, [], user.utf8Bytes, []]
      for (index, part) in answer.enumerated() {
        let more = index + 1 < answer.count ? ZMQ_SNDMORE : 0
        while zmq_send(handle, part, part.count, more) < 0, zmq_errno() == EINTR {}
      }
    }
  }

  /// Status and, when admitted, the key that libzmq will report with each message.
  private static func verdict(_ question: [[UInt8]], _ keys: (String) -> SocketKeys?) -> (String, String) {
    // Version, request id, domain, address, routing id, mechanism, credentials.
    guard question.count == 7, question[0] == "1.0".utf8Bytes, question[5] == "CURVE".utf8Bytes,
      let key = PublicKey(bytes: question[6]),
      case .accepting(_, let refusal, let admits)? = keys(String(decoding: question[2], as: UTF8.self))
    else { return ("400", "") }
    if admits(key) { return ("200", key.description) }
    switch refusal {
    case .final: return ("400", "")
    case .forNow: return ("300", "")
    }
  }
}

extension SocketID {
  /// The socket's name in requests about its peers.
  var domain: String { "socket-\(rawValue)" }
}

extension String {
  fileprivate var utf8Bytes: [UInt8] { Array(utf8) }
}
