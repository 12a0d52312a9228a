import NIOCore
import NIOHTTPTypes

/// One connection's place among all, and its end when the client does not read what it asked for. Runs on the
/// connection's event loop.
final class ConnectionWatch: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let connections: OpenConnections
  private let stallTimeout: TimeAmount
  private var id: ConnectionRoster.ID?
  private var stalled: Scheduled<Void>?

  /// - Parameter stallTimeout: how long what is written may wait for a client that takes nothing of it.
  init(_ connections: OpenConnections, stallTimeout: TimeAmount) {
    self.connections = connections
    self.stallTimeout = stallTimeout
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { open(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    open(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .end = unwrapInboundIn(data), let id { connections.begin(id) }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data), let id { connections.end(id) }
    context.write(data, promise: promise)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    let channel = context.channel
    stalled?.cancel()
    stalled =
      channel.isWritable
      ? nil : context.eventLoop.scheduleTask(in: stallTimeout) { channel.close(mode: .all, promise: nil) }
    context.fireChannelWritabilityChanged()
  }

  private func open(_ context: ChannelHandlerContext) {
    if id == nil { id = connections.open(context.channel) }
  }

  private func end() {
    stalled?.cancel()
    stalled = nil
    if let id { connections.close(id) }
  }
}
