import NIOCore

/// Notices that the client of a connection has closed its side of it, and says so to the request in progress. At the
/// head of the pipelines of HTTP/1.1; runs on the connection's event loop.
///
/// A client that has left, and one that only sends no more, look alike until something is written. So the connection
/// stays open for a response that is ready or soon will be, while what takes long ends.
final class InputWatch: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny

  private var isClosed = false
  /// Of the request that came last: one is answered after the other.
  private var action: (() -> Void)?

  /// Runs `action` when the client closes its side, or at once if it has; in place of what was given before.
  func onClosing(_ action: @escaping () -> Void) {
    if isClosed { action() } else { self.action = action }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event as? ChannelEvent == .inputClosed { close() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    close()
    context.fireChannelInactive()
  }

  private func close() {
    isClosed = true
    action?()
    action = nil
  }
}
