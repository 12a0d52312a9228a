import CZeroMQ

/// Immutable bytes that go over a socket, or came over one, without a copy where that pays.
///
/// Any thread may read it. A received frame is only 8-byte aligned: load floats unaligned, or copy.
package final class Frame: @unchecked Sendable {
  // Unchecked, but sound: bytes and count never change after init, and `storage` is touched by init and deinit alone.
  private enum Storage {
    case owned
    case received(UnsafeMutablePointer<zmq_msg_t>)
  }

  private let bytes: UnsafeMutableRawBufferPointer
  private let storage: Storage

  /// From this size on a frame is lent to libzmq instead of copied; below, the copy costs less than the bookkeeping.
  package static let lendingByteCount = 64 << 10

  /// A copy of `bytes`.
  package convenience init(_ bytes: [UInt8]) {
    self.init(byteCount: bytes.count) { $0.copyBytes(from: bytes) }
  }

  /// Bytes written in place by `initialize`, which must fill them all. They are 64-byte aligned.
  package init(byteCount: Int, initializing initialize: (UnsafeMutableRawBufferPointer) -> Void) {
    bytes = .allocate(byteCount: byteCount, alignment: 64)
    storage = .owned
    initialize(bytes)
  }

  /// Takes over a received message, which stays where it is: a `zmq_msg_t` must not be moved bitwise.
  init(receiving message: UnsafeMutablePointer<zmq_msg_t>) {
    bytes = UnsafeMutableRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message))
    storage = .received(message)
  }

  deinit {
    switch storage {
    case .owned: bytes.deallocate()
    case .received(let message):
      zmq_msg_close(message)
      message.deallocate()
    }
  }

  /// Bytes in the frame.
  package var count: Int { bytes.count }

  /// The bytes, for the length of the call.
  package func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawBufferPointer(bytes))
  }

  /// Sets up `message` with the bytes: lent, with this frame kept alive until libzmq is done, or copied when small.
  /// False when memory is short.
  func initialize(_ message: UnsafeMutablePointer<zmq_msg_t>) -> Bool {
    guard bytes.count >= Self.lendingByteCount else {
      guard zmq_msg_init_size(message, bytes.count) == 0 else { return false }
      if let start = bytes.baseAddress, !bytes.isEmpty {
        zmq_msg_data(message)?.copyMemory(from: start, byteCount: bytes.count)
      }
      return true
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
