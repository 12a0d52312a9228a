import Synchronization

/// Lets a socket's callbacks find an object that is made from the socket, and so does not exist yet when the socket is
/// opened. Weak, or the object's own socket would keep it alive. Any thread.
package final class ForwardReference<Target: AnyObject & Sendable>: Sendable {
  private struct Reference { weak var target: Target? }
  private let reference = Mutex(Reference())

  package init() {}

  /// Nil before it is set, and after the object's end.
  package var target: Target? { reference.withLock { $0.target } }

  package func set(_ target: Target) { reference.withLock { $0.target = target } }
}
