import Glibc
import Hummingbird
import HummingbirdCore
package import Core
package import Logging
import NIOCore
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Serves an engine to OpenAI clients over HTTP. A service: it runs until its task is canceled or its service group
/// shuts down gracefully, which lets running streams finish.
package struct OpenAIServer: Sendable {
  private let engine: any InferenceEngine
  private let codec: any TextCodec
  private let settings: APISettings
  private let logger: Logger
  /// Receives the bound port when the server accepts connections.
  package var onListening: @Sendable (Int) async -> Void

  package init(
    engine: any InferenceEngine, codec: any TextCodec, settings: APISettings, logger: Logger,
    onListening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) {
    self.engine = engine
    self.codec = codec
    self.settings = settings
    self.logger = logger
    self.onListening = onListening
  }

  /// Throws `ListenError` when the address is not available.
  package func run() async throws {
    let isListening = Atomic(false)
    do {
      try await makeApplication { isListening.store(true, ordering: .relaxed) }.run()
    } catch  where !isListening.load(ordering: .relaxed) && !(error is CancellationError) {
      throw ListenError(host: settings.host, port: settings.port, cause: error)
    }
  }

  private func makeApplication(onListening started: @escaping @Sendable () -> Void) -> some ApplicationProtocol {
    let routes = Routes(
      engine: engine, codec: codec, settings: settings, started: Int(Date().timeIntervalSince1970),
      allowances: KeyAllowances(settings.keyLimits))
    let limits = ConnectionLimits(
      connections: OpenConnections(limit: settings.maximumConnectionCount, logger: logger),
      writeTimeout: TimeAmount(settings.writeTimeout), idleTimeout: TimeAmount(settings.idleTimeout),
      maximumBodyByteCount: settings.maximumBodyByteCount)
    return Application(
      router: routes.makeRouter(),
      server: HTTPServerBuilder { [settings] in Self.channel($0, limits, certificate: settings.certificate) },
      configuration: ApplicationConfiguration(
        address: .hostname(settings.host, port: settings.port), serverName: "longhaul",
        // Closing connections count too; beyond this the listener pauses.
        availableConnectionsDelegate: MaximumAvailableConnections(settings.maximumConnectionCount + 64)),
      onServerRunning: { [onListening, settings] channel in
        started()
        await onListening(channel.localAddress?.port ?? settings.port)
      },
      logger: logger)
  }
}

extension OpenAIServer {
  /// What a connection speaks: HTTP/1.1, or within TLS what the client prefers of that and HTTP/2.
  private static func channel(
    _ responder: @escaping HTTPChannelHandler.Responder, _ limits: ConnectionLimits, certificate: ServerCertificate?
  ) -> any ServerChildChannel {
    let http = HTTP1Channel(
      responder: responder, configuration: HTTP1Channel.Configuration(idleTimeout: limits.idleTimeout))
    let plain = VersionedChannel(http: http, limits: limits)
    #if TLS
      if let certificate {
        return NegotiatedChannel(
          certificate: certificate, http1: plain, http2: MultiplexedChannel(http: http, limits: limits), limits: limits)
      }
    #endif
    return plain
  }
}

/// The server cannot listen on the address of the API.
package struct ListenError: Error, Sendable, CustomStringConvertible {
  package let host: String
  package let port: Int
  package let isPortInUse: Bool
  private let reason: String

  init(host: String, port: Int, cause: any Error) {
    self.host = host
    self.port = port
    let code = (cause as? IOError)?.errnoCode
    isPortInUse = code == EADDRINUSE
    reason =
      switch code {
      case EADDRINUSE?: "the port is in use; stop the other program or choose another port"
      case EADDRNOTAVAIL?: "this machine does not have the address; name one of its own, or 127.0.0.1"
      case EACCES?: "this user may not listen there; choose a port above 1023"
      case let code?: String(cString: strerror(code))
      case nil where cause is SocketAddressError.UnknownHost: "the host has no address; check its name"
      case nil: "\(cause)"
      }
  }

  package var description: String { "cannot serve the API on \(host):\(port): \(reason)" }
}
