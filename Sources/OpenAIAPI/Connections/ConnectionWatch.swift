import NIOCore
import NIOHTTPTypes

/// The place of one connection among the open ones. First in the connection's pipeline, so that it has its place before
/// any handshake. Runs on the connection's event loop.
final class ConnectionWatch: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny

  private let connections: OpenConnections
  private var id: ConnectionRoster.ID?

  init(_ connections: OpenConnections) { self.connections = connections }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { open(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    open(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    close()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { close() }

  /// A complete request arrived.
  func begin() {
    if let id { connections.begin(id) }
  }

  /// A request that began has its response, or never will.
  func end() {
    if let id { connections.end(id) }
  }

  private func open(_ context: ChannelHandlerContext) {
    if id == nil { id = connections.open(context.channel) }
  }

  private func close() {
    if let id { connections.close(id) }
  }
}

/// Tells a connection's watch of the requests in progress: those of an HTTP/1.1 connection, or the one of a stream of
/// HTTP/2. Runs on the connection's event loop.
final class RequestWatch: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let connection: ConnectionWatch
  private var count = 0

  init(_ connection: ConnectionWatch) { self.connection = connection }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .end = unwrapInboundIn(data) {
      count += 1
      connection.begin()
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    // A response may end before its request does.
    if case .end = unwrapOutboundIn(data), count > 0 { end() }
    context.write(data, promise: promise)
  }

  /// A stream may end without a response, while its connection stays.
  func handlerRemoved(context: ChannelHandlerContext) {
    while count > 0 { end() }
  }

  private func end() {
    count -= 1
    connection.end()
  }
}
