import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// An HTTP/1.1 channel that also speaks HTTP/1.0 and answers `Expect: 100-continue`, within TLS where there is a
/// certificate.
struct VersionedChannel: ServerChildChannel {
  typealias Value = HTTP1Channel.Value

  let http: HTTP1Channel
  let maximumBodyByteCount: Int
  let certificate: ServerCertificate?

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture { try certificate?.secure(channel) }.flatMap {
      http.setup(channel: channel, logger: logger)
    }.flatMapThrowing { value in
      // Before the version of a request is forgotten.
      let pipeline = channel.pipeline.syncOperations
      let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
      let versions = ProtocolVersions(maximumBodyByteCount: maximumBodyByteCount)
      try pipeline.addHandler(versions, position: .before(codec))
      return value
    }
  }

  func handle(value: Value, logger: Logger) async { await http.handle(value: value, logger: logger) }
}
