package import Hummingbird

/// What travels with a request.
package struct APIContext: RequestContext {
  package var coreContext: CoreRequestContextStorage
  /// Watches the connection for as long as it is kept.
  let client: ClientPresence

  /// Also makes a client's leaving visible: without the option set here, a connection whose client has gone
  /// stays half open until something is written to it.
  package init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    let client = ClientPresence()
    self.client = client
    _ = source.channel.setOption(.allowRemoteHalfClosure, value: false)
    source.channel.closeFuture.whenComplete { [weak client] _ in client?.leave() }
  }
}
