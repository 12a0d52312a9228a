#if TLS
  import HummingbirdCore
  import Logging
  import NIOCore
  import NIOHTTP2
  import NIOHTTPTypes
  import NIOHTTPTypesHTTP2

  /// A connection of HTTP/2. Each of its streams carries one request, under the limits that HTTP/1.1 has for it; the
  /// streams of a connection together have those of a connection.
  struct MultiplexedChannel: Sendable {
    typealias Stream = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    typealias Value = NIOHTTP2Handler.AsyncStreamMultiplexer<Stream>

    /// Answers the request of a stream.
    let http: HTTP1Channel
    let limits: ConnectionLimits

    /// For a connection that is watched already, active, and on its event loop.
    func setup(channel: any Channel, watch: ConnectionWatch, logger: Logger) -> EventLoopFuture<Value> {
      let watch = NIOLoopBound(watch, eventLoop: channel.eventLoop)
      return channel.eventLoop.makeCompletedFuture {
        let parting = ConnectionParting(limit: limits.writeTimeout)
        let partingOfStreams = NIOLoopBound(parting, eventLoop: channel.eventLoop)
        // Tells a client to go that has had no stream for too long, or does not answer, or stays at a shutdown.
        let lifetime = NIOHTTP2ServerConnectionManagementHandler(
          eventLoop: channel.eventLoop,
          configuration: .init(
            maxIdleTime: limits.idleTimeout, maxAge: nil, maxGraceTime: nil,
            keepalive: .init(pingInterval: limits.idleTimeout, ackTimeout: limits.writeTimeout)))
        let streams = try channel.pipeline.syncOperations.configureAsyncHTTP2Pipeline(
          mode: .server, streamDelegate: lifetime.http2StreamDelegate, configuration: Self.configuration
        ) { stream in
          stream.eventLoop.makeCompletedFuture {
            partingOfStreams.value.note(stream, of: channel)
            return try open(stream, watch.value, logger)
          }
        }
        try channel.pipeline.syncOperations.addHandlers(parting, lifetime)
        // Starts its timers, since the connection became active before the handshake.
        lifetime.channelActive(context: try channel.pipeline.syncOperations.context(handler: lifetime))
        return streams
      }
    }

    private func open(_ stream: any Channel, _ watch: ConnectionWatch, _ logger: Logger) throws -> Stream {
      try stream.pipeline.syncOperations.addHandlers(
        HTTP2FramePayloadToHTTPServerCodec(), RequestWatch(watch), StalledWrites(limit: limits.writeTimeout),
        HTTPConnectionStateHandler(idleTimeout: .nanoseconds(limits.idleTimeout.nanoseconds), logger: logger))
      return try Stream(wrappingChannelSynchronously: stream)
    }

    /// Returns when the connection has closed and all its requests are answered.
    func handle(value: Value, logger: Logger) async {
      await withDiscardingTaskGroup { group in
        do {
          for try await stream in value.inbound {
            group.addTask { await http.handle(value: stream, logger: logger) }
          }
        } catch {
          logger.debug("http/2 connection failed", metadata: ["reason": "\(error)"])
        }
      }
    }

    /// What a client may do before its connection is closed. What is not named here is the library's: among others 200
    /// resets, 200 errors and 200 control frames in 30 seconds, and one empty frame of data.
    private static var configuration: NIOHTTP2Handler.Configuration {
      var configuration = NIOHTTP2Handler.Configuration()
      configuration.connection.initialSettings = [
        HTTP2Setting(parameter: .maxConcurrentStreams, value: 100),
        // No more than the library reads before the client has acknowledged this.
        HTTP2Setting(parameter: .maxHeaderListSize, value: 16 << 10),
      ]
      // One upload whose request is not read leaves room for others.
      configuration.connection.targetWindowSize = 1 << 20
      configuration.stream.targetWindowSize = 256 << 10
      return configuration
    }
  }
#endif
