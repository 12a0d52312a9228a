import NIOCore
import NIOHTTP1

/// Answers each request in its own version of HTTP: to one of 1.0 the response has no chunks and the connection closes
/// after it. A client that expects `100 Continue` gets it as soon as no earlier response is on its way, unless it
/// announces a body that is not read: it gets the error instead, keeps the body, and the connection closes.
/// Runs on the connection's event loop.
final class ProtocolVersions: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private struct Pending {
    let version: HTTPVersion
    var expectsContinue: Bool
    let isLast: Bool
  }

  private let maximumBodyByteCount: Int

  /// Requests without a complete response, oldest first.
  private var pending: [Pending] = []

  init(maximumBodyByteCount: Int) { self.maximumBodyByteCount = maximumBodyByteCount }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
    let isOld = head.version == .http1_0
    let expects = head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
    let announced = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
    let isTooLarge = expects && announced > maximumBodyByteCount
    // The loop that serves the connection ends after a request that says so.
    if isOld || isTooLarge { head.headers.replaceOrAdd(name: "connection", value: "close") }
    pending.append(
      Pending(version: head.version, expectsContinue: expects && !isOld && !isTooLarge, isLast: isOld || isTooLarge))
    if pending.count == 1 { sendContinue(context) }
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(var head):
      if let first = pending.first, first.isLast {
        head.version = first.version
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
