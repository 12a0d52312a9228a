package import Core

/// Settings of the API, read once at start.
package struct APISettings: Sendable {
  package var host = "127.0.0.1"
  /// 0 selects any free port.
  package var port = 8080
  /// Names of the model in place of its own; the first one is what answers bear.
  package var modelAliases: [String] = []
  /// Of the model's file, without folders: clients may ask for it by this, too.
  package var modelFileName: String?
  /// Of the program.
  package var version = ""
  /// Sent as `system_fingerprint`; nil sends none.
  package var fingerprint: String?
  /// Keys required for every path but `/health`; empty requires none.
  package var apiKeys: [String] = []
  /// `Access-Control-Allow-Origin`; nil sends no CORS headers.
  package var allowedOrigin: String? = "*"
  /// Defaults for absent fields of a request, except the seed: a request without one gets a random seed.
  package var sampling = SamplingParameters()
  /// Default for a request without `group_size` and `neighbor_window`; equal to the cluster's default.
  package var policy = PolicyRequest()
  /// Default maximum new tokens; nil stops at the trained context or, for a prompt beyond it, at the end of the
  /// context.
  package var maximumNewTokens: Int?
  package var maximumBodyByteCount = 32 << 20
  /// SSE keep-alive interval.
  package var keepAliveInterval: Duration = .seconds(15)
  /// Maximum open connections. At the limit, the connection idle for longest is closed.
  package var maximumConnectionCount = 1000
  /// Timeout of a connection without a request.
  package var idleTimeout: Duration = .seconds(75)
  /// Write timeout of a client that stops reading.
  package var writeTimeout: Duration = .seconds(30)
  /// The body of `/metrics`, in Prometheus' text format; nil disables the path.
  package var metrics: (@Sendable () -> String)?

  package init() {}
}
