#if TLS
  import NIOCore
  import NIOHTTP2

  /// Closes a connection of HTTP/2 where the library would leave that to the client: one that broke the protocol or its
  /// limits, and one that was asked to go, has no stream, and stays. A malformed request ends its own stream only,
  /// which was reset. Runs on the connection's event loop.
  final class ConnectionParting: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTP2Frame
    typealias InboundOut = HTTP2Frame
    typealias OutboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// Of one request: its headers, or a body of another length than they say.
    private static let harmless: [any Error.Type] = [
      NIOHTTP2Errors.StreamError.self, NIOHTTP2Errors.StreamClosed.self, NIOHTTP2Errors.ForbiddenHeaderField.self,
      NIOHTTP2Errors.InvalidHTTP2HeaderFieldName.self, NIOHTTP2Errors.InvalidHTTP2HeaderFieldValue.self,
      NIOHTTP2Errors.InvalidPseudoHeaders.self, NIOHTTP2Errors.InvalidPseudoHeaderValue.self,
      NIOHTTP2Errors.MissingPseudoHeader.self, NIOHTTP2Errors.EmptyPathHeader.self,
      NIOHTTP2Errors.UnknownPseudoHeader.self, NIOHTTP2Errors.UnsupportedPseudoHeader.self,
      NIOHTTP2Errors.DuplicatePseudoHeader.self, NIOHTTP2Errors.PseudoHeaderAfterRegularHeader.self,
      NIOHTTP2Errors.ContentLengthViolated.self, NIOHTTP2Errors.ContentLengthHeadersMismatch.self,
      NIOHTTP2Errors.ContentLengthHeaderMalformedValue.self, NIOHTTP2Errors.ContentLengthHeaderNegative.self,
    ]

    private let limit: TimeAmount
    private var streamCount = 0
    private var isLeaving = false
    private var end: Scheduled<Void>?

    /// - Parameter limit: how long a connection that was asked to go may stay without a stream.
    init(limit: TimeAmount) { self.limit = limit }

    /// A stream of the connection was opened.
    func note(_ stream: any Channel, of connection: any Channel) {
      streamCount += 1
      let parting = NIOLoopBound(self, eventLoop: connection.eventLoop)
      stream.closeFuture.whenComplete { _ in
        parting.value.streamCount -= 1
        parting.value.closeLater(connection)
      }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
      if case .goAway = unwrapOutboundIn(data).payload {
        isLeaving = true
        closeLater(context.channel)
      }
      context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      guard !Self.harmless.contains(where: { type(of: error) == $0 }) else { return }
      context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
      end?.cancel()
      context.fireChannelInactive()
    }

    private func closeLater(_ connection: any Channel) {
      guard isLeaving, streamCount == 0 else { return }
      end?.cancel()
      let parting = NIOLoopBound(self, eventLoop: connection.eventLoop)
      end = connection.eventLoop.scheduleTask(in: limit) {
        if parting.value.streamCount == 0 { connection.close(promise: nil) }
      }
    }
  }
#endif
