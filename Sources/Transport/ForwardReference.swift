import Synchronization

/// Lets a socket's callbacks find what does not exist yet when the socket is opened, since it is made of the socket.
/// Weak, or it would be kept by its own socket. Any thread.
package final class ForwardReference<Target: AnyObject & Sendable>: Sendable {
  private struct Reference { weak var target: Target? }
  private let reference = Mutex(Reference())

  package init() {}

  /// Nil before it is set, and when it is gone.
  package var target: Target? { reference.withLock { $0.target } }

  package func set(_ target: Target) { reference.withLock { $0.target = target } }
}
