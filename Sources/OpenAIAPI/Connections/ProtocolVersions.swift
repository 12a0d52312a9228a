import NIOCore
import NIOHTTP1

/// Answers each request in its own version of HTTP: to one of 1.0 the response has no chunks and the connection closes
/// after it. A client that expects `100 Continue` gets it as soon as no earlier response is on its way. Runs on the
/// connection's event loop.
final class ProtocolVersions: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private struct Pending {
    let version: HTTPVersion
    var expectsContinue: Bool
  }

  /// Requests without a complete response, oldest first.
  private var pending: [Pending] = []

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
    let isOld = head.version == .http1_0
    let expects = head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
    // The loop that serves the connection ends after a request that says so.
    if isOld { head.headers.replaceOrAdd(name: "connection", value: "close") }
    pending.append(Pending(version: head.version, expectsContinue: expects && !isOld))
    if pending.count == 1 { sendContinue(context) }
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(var head):
      if let version = pending.first?.version, version == .http1_0 {
        head.version = version
        head.headers.replaceOrAdd(name: "connection", value: "close")
      }
      context.write(wrapOutboundOut(.head(head)), promise: promise)
    case .body: context.write(data, promise: promise)
    case .end:
      context.write(data, promise: promise)
      if !pending.isEmpty { pending.removeFirst() }
      sendContinue(context)
    }
  }

  private func sendContinue(_ context: ChannelHandlerContext) {
    guard let first = pending.first, first.expectsContinue else { return }
    pending[0].expectsContinue = false
    context.writeAndFlush(
      wrapOutboundOut(.head(HTTPResponseHead(version: first.version, status: .continue))), promise: nil)
  }
}
