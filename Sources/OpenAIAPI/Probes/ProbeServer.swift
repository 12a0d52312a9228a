import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import Synchronization

/// A small HTTP server for the probes of a process that serves no API: a few paths, no keys, no bodies. It runs until
/// its task is canceled.
package struct ProbeServer: Sendable {
  /// What a path answers.
  package struct Answer: Hashable, Sendable {
    /// Whether all is well: 200, else 503.
    package var isWell: Bool
    package var text: String

    package init(isWell: Bool, text: String) { (self.isWell, self.text) = (isWell, text) }
  }

  private let host: String
  private let port: Int
  private let answers: [String: @Sendable () -> Answer]
  private let logger: Logger
  private let onListening: @Sendable (Int) async -> Void

  /// - Parameters:
  ///   - answers: by path, without the slash before it.
  ///   - onListening: receives the bound port.
  package init(
    host: String, port: Int, answers: [String: @Sendable () -> Answer], logger: Logger,
    onListening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) {
    (self.host, self.port, self.answers) = (host, port, answers)
    (self.logger, self.onListening) = (logger, onListening)
  }

  /// Throws `ListenError` when the address is not available.
  package func run() async throws {
    let isListening = Atomic(false)
    do {
      try await makeApplication { isListening.store(true, ordering: .relaxed) }.run()
    } catch  where !isListening.load(ordering: .relaxed) && !(error is CancellationError) {
      throw ListenError(host: host, port: port, cause: error)
    }
  }

  private func makeApplication(onListening started: @escaping @Sendable () -> Void) -> some ApplicationProtocol {
    let router = Router(options: .autoGenerateHeadEndpoints)
    for (path, answer) in answers {
      router.get(RouterPath(path)) { _, _ in
        let answer = answer()
        return Response(
          status: answer.isWell ? .ok : .serviceUnavailable,
          headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
          body: ResponseBody(byteBuffer: ByteBuffer(string: answer.text)))
      }
    }
    return Application(
      router: router,
      server: .http1(configuration: HTTP1Channel.Configuration(idleTimeout: .seconds(30))),
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port), serverName: "longhaul",
        availableConnectionsDelegate: MaximumAvailableConnections(64)),
      onServerRunning: { [onListening, port] channel in
        started()
        await onListening(channel.localAddress?.port ?? port)
      },
      logger: logger)
  }
}
