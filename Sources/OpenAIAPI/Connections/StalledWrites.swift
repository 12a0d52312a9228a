import NIOCore

/// Closes a connection, or a stream of one, when its client stops reading. Runs on its event loop.
final class StalledWrites: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny

  private let limit: TimeAmount
  private var stalled: Scheduled<Void>?

  /// - Parameter limit: the maximum time for which the channel may stay unwritable.
  init(limit: TimeAmount) { self.limit = limit }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    let channel = context.channel
    stalled?.cancel()
    stalled =
      channel.isWritable
      ? nil : context.eventLoop.scheduleTask(in: limit) { channel.close(mode: .all, promise: nil) }
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    stop()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { stop() }

  private func stop() {
    stalled?.cancel()
    stalled = nil
  }
}
