#if TLS
  import HummingbirdCore
  import Logging
  import NIOCore
  import NIOHTTP2
  import NIOTLS

  /// A connection within TLS, on which the handshake settles between HTTP/2 and HTTP/1.1.
  struct NegotiatedChannel: ServerChildChannel {
    enum Settled: Sendable {
      case http1(VersionedChannel.Value)
      case http2(MultiplexedChannel.Value)
    }

    struct Value: ServerChildChannelValue {
      /// Fails when the connection closes before.
      let settled: EventLoopFuture<Settled>
      let channel: any Channel
    }

    /// What the handshake offers, best first.
    static let names = ["h2", "http/1.1"]
    /// For a handshake. A connection in it is among the open ones, but no request may be without end.
    private static let handshakeTimeout = TimeAmount.seconds(20)

    let certificate: ServerCertificate
    let http1: VersionedChannel
    let http2: MultiplexedChannel
    let limits: ConnectionLimits

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
      channel.eventLoop.makeCompletedFuture {
        let watch = ConnectionWatch(limits.connections)
        let negotiation = NIOTypedApplicationProtocolNegotiationHandler<Settled> { outcome in
          let isSecond = outcome == .negotiated(Self.names[0])
          return isSecond
            ? http2.setup(channel: channel, watch: watch, logger: logger).map { .http2($0) }
            : http1.setup(channel: channel, watch: watch, logger: logger).map { .http1($0) }
        }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandlers(watch, InputWatch(), StalledWrites(limit: limits.writeTimeout))
        try certificate.secure(channel)
        try pipeline.addHandler(negotiation)
        let settled = negotiation.protocolNegotiationResult
        let timeout = channel.eventLoop.scheduleTask(in: Self.handshakeTimeout) { channel.close(promise: nil) }
        settled.whenComplete { _ in timeout.cancel() }
        return Value(settled: settled, channel: channel)
      }
    }

    func handle(value: Value, logger: Logger) async {
      // Failed: the client left, or speaks no TLS.
      guard let settled = try? await value.settled.get() else { return }
      switch settled {
      case .http1(let value): await http1.handle(value: value, logger: logger)
      case .http2(let value): await http2.handle(value: value, logger: logger)
      }
    }
  }
#endif
