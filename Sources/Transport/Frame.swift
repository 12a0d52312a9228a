import CZeroMQ

/// Immutable bytes to send over a socket, or received from one, without a copy where that pays.
///
/// Any thread may read it. A received frame is only 8-byte aligned: load floats unaligned, or copy.
package final class Frame: @unchecked Sendable {
  // Unchecked, but sound: bytes and count never change after init, and `storage` is touched by init and deinit alone.
  private enum Storage {
    case owned
    /// A message of libzmq, received or made here. It is reference counted, so sending it copies no bytes.
    case message(UnsafeMutablePointer<zmq_msg_t>)
  }

  private let bytes: UnsafeMutableRawBufferPointer
  private let storage: Storage

  /// From this size on this class owns a frame's bytes and lends them to libzmq. libzmq owns smaller ones, which costs
  /// less.
  package static let lendingByteCount = 64 << 10

  /// A copy of `bytes`.
  package convenience init(_ bytes: [UInt8]) {
    self.init(byteCount: bytes.count) { $0.copyBytes(from: bytes) }
  }

  /// Bytes written in place by `initialize`, which must fill them all.
  package init(byteCount: Int, initializing initialize: (UnsafeMutableRawBufferPointer) -> Void) {
    if byteCount < Self.lendingByteCount, let message = Self.message(byteCount: byteCount) {
      bytes = UnsafeMutableRawBufferPointer(start: zmq_msg_data(message), count: byteCount)
      storage = .message(message)
    } else {
      bytes = .allocate(byteCount: byteCount, alignment: 64)
      storage = .owned
    }
    initialize(bytes)
  }

  /// Nil when memory is short.
  private static func message(byteCount: Int) -> UnsafeMutablePointer<zmq_msg_t>? {
    let message = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)
    guard zmq_msg_init_size(message, byteCount) == 0 else {
      message.deallocate()
      return nil
    }
    return message
  }

  /// Takes over a received message in place: a `zmq_msg_t` must not be moved bitwise.
  init(receiving message: UnsafeMutablePointer<zmq_msg_t>) {
    bytes = UnsafeMutableRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message))
    storage = .message(message)
  }

  deinit {
    switch storage {
    case .owned: bytes.deallocate()
    case .message(let message):
      zmq_msg_close(message)
      message.deallocate()
    }
  }

  /// Bytes in the frame.
  package var count: Int { bytes.count }

  /// The bytes, for the duration of the call.
  package func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawBufferPointer(bytes))
  }

  /// Sets up `message` with the bytes, without a copy: shared, or lent while libzmq keeps this frame alive. On the
  /// loop's thread, since sharing marks the frame's own message. False when memory is short.
  func initialize(_ message: UnsafeMutablePointer<zmq_msg_t>) -> Bool {
    if case .message(let own) = storage {
      zmq_msg_init(message)
      return zmq_msg_copy(message, own) == 0
    }
    let keeper = Unmanaged.passRetained(self)
    // Called on one of libzmq's threads.
    let release: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Void = { _, keeper in
      guard let keeper else { return }
      Unmanaged<Frame>.fromOpaque(keeper).release()
    }
    guard zmq_msg_init_data(message, bytes.baseAddress, bytes.count, release, keeper.toOpaque()) == 0 else {
      keeper.release()
      return false
    }
    return true
  }
}
