import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// A connection of HTTP/1.1 that also speaks HTTP/1.0 and answers `Expect: 100-continue`.
struct VersionedChannel: ServerChildChannel {
  typealias Value = HTTP1Channel.Value

  let http: HTTP1Channel
  let limits: ConnectionLimits

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      let watch = ConnectionWatch(limits.connections)
      try channel.pipeline.syncOperations.addHandlers(
        watch, InputWatch(), StalledWrites(limit: limits.writeTimeout))
      return NIOLoopBound(watch, eventLoop: channel.eventLoop)
    }.flatMap { setup(channel: channel, watch: $0.value, logger: logger) }
  }

  /// For a connection that is watched already, on its event loop.
  func setup(channel: any Channel, watch: ConnectionWatch, logger: Logger) -> EventLoopFuture<Value> {
    let watch = NIOLoopBound(watch, eventLoop: channel.eventLoop)
    return http.setup(channel: channel, logger: logger).flatMapThrowing { value in
      let pipeline = channel.pipeline.syncOperations
      let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
      // Before the version of a request is forgotten.
      try pipeline.addHandler(
        ProtocolVersions(maximumBodyByteCount: limits.maximumBodyByteCount), position: .before(codec))
      try pipeline.addHandler(RequestWatch(watch.value), position: .after(codec))
      return value
    }
  }

  func handle(value: Value, logger: Logger) async { await http.handle(value: value, logger: logger) }
}
