import Core
package import Hummingbird

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

  /// Disables half closure: otherwise a connection whose client has left stays half open until the next write.
  package init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    let client = ClientPresence()
    self.client = client
    // A stream of HTTP/2, whose parent is a connection, has no such option and traps.
    if source.channel.parent?.parent == nil {
      _ = source.channel.setOption(.allowRemoteHalfClosure, value: false)
    }
    source.channel.closeFuture.whenComplete { [weak client] _ in client?.leave() }
  }
}
