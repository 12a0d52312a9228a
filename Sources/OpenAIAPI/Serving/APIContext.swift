import Core
package import Hummingbird
import NIOCore

/// The context of a request.
package struct APIContext: RequestContext {
  package var coreContext: CoreRequestContextStorage
  /// The place of the request's API key in the server's list, from 1; 0 without keys.
  var apiKey = 0
  /// In the response, and in all log lines of the request.
  var requestID = ""
  /// The client's span that the request is a part of.
  var traceParent: TraceParent?
  /// Watches the connection while retained.
  let client: ClientPresence

  package init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    let (client, channel) = (ClientPresence(), source.channel)
    self.client = client
    channel.closeFuture.whenComplete { [weak client] _ in client?.leave() }
    // A stream of HTTP/2 has no watch: it closes with its connection.
    channel.eventLoop.execute { [weak client] in
      let watch = try? channel.pipeline.syncOperations.handler(type: InputWatch.self)
      watch?.onClosing { client?.leave() }
    }
  }
}
