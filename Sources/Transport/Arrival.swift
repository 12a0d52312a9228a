import CZeroMQ

/// One message as libzmq delivered it.
struct Arrival {
  let frames: [Frame]
  /// False when it had more frames than the limit; the rest was dropped.
  let isWhole: Bool
  /// The key that the sender proved to hold; nil on sockets without keys.
  let sender: PublicKey?
  /// libzmq's number of the connection; negative when it has none.
  let descriptor: Int32
}

/// The next message of a socket; nil when there is none. Frames beyond the limit are read and dropped.
func receiveFrames(from handle: UnsafeMutableRawPointer, limit: Int) -> Arrival? {
  var frames: [Frame] = []
  var isWhole = true
  while true {
    let message = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)
    zmq_msg_init(message)
    while zmq_msg_recv(message, handle, ZMQ_DONTWAIT) < 0 {
      if zmq_errno() == EINTR { continue }
      zmq_msg_close(message)
      message.deallocate()
      return nil
    }
    let hasMore = zmq_msg_more(message) != 0
    // The ZAP handler's answer: the sender's key as the user id.
    let sender = hasMore ? nil : zmq_msg_gets(message, "User-Id").flatMap { PublicKey(String(cString: $0)) }
    let descriptor = hasMore ? -1 : zmq_msg_get(message, ZMQ_SRCFD)
    let frame = Frame(receiving: message)
    if frames.count < limit { frames.append(frame) } else { isWhole = false }
    if !hasMore { return Arrival(frames: frames, isWhole: isWhole, sender: sender, descriptor: descriptor) }
  }
}
