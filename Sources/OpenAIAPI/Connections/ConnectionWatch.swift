import NIOCore
import NIOHTTPTypes

/// Registers a connection and closes it when the client stops reading. Runs on the connection's event loop.
final class ConnectionWatch: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let connections: OpenConnections
  private let writeTimeout: TimeAmount
  private var id: ConnectionRoster.ID?
  private var stalled: Scheduled<Void>?

  /// - Parameter writeTimeout: maximum time for which the channel may stay unwritable.
  init(_ connections: OpenConnections, writeTimeout: TimeAmount) {
    self.connections = connections
    self.writeTimeout = writeTimeout
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
      ? nil : context.eventLoop.scheduleTask(in: writeTimeout) { channel.close(mode: .all, promise: nil) }
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
