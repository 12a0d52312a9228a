package import Core

/// Settings of the API, read once at start.
package struct APISettings: Sendable {
  package var host = "127.0.0.1"
  /// 0 selects any free port.
  package var port = 8080
  /// With it the server speaks HTTPS, without it HTTP.
  package var certificate: ServerCertificate?
  /// Names of the model in place of its own; the first one is what answers bear. `*` stands for any name.
  package var modelAliases: [String] = []
  /// Of the model's file, without folders: clients may ask for it by this, too.
  package var modelFileName: String?
  /// Of the program.
  package var version = ""
  /// Sent as `system_fingerprint`; nil sends none.
  package var fingerprint: String?
  /// Keys required for every path but probes and the page; empty requires none.
  package var apiKeys: [String] = []
  /// What the keys may ask for in a minute, in their order; keys beyond these are not limited.
  package var keyLimits: [KeyLimits] = []
  /// Whose web pages may call the API.
  package var allowedOrigins = AllowedOrigins.any
  /// Defaults for absent fields of a request, except the seed: a request without one gets a random seed.
  package var sampling = SamplingParameters()
  /// Fields that requests have where they say nothing.
  package var requestDefaults = RequestDefaults()
  /// Default for a request without `group_size` and `neighbor_window`; equal to the cluster's default.
  package var policy = PolicyRequest()
  /// Default maximum new tokens; nil stops at the trained context or, for a prompt beyond it, at the end of the
  /// context.
  package var maximumNewTokens: Int?
  package var maximumBodyByteCount = 32 << 20
  /// An error within this time becomes a stream's status; later ones are events in it.
  package var headTimeout: Duration = .seconds(1)
  /// SSE keep-alive interval.
  package var keepAliveInterval: Duration = .seconds(15)
  /// Maximum open connections. At the limit, the connection idle for longest is closed.
  package var maximumConnectionCount = 1000
  /// Timeout of a connection without a request.
  package var idleTimeout: Duration = .seconds(75)
  /// Write timeout of a client that stops reading.
  package var writeTimeout: Duration = .seconds(30)
  /// The body of `/metrics`, in Prometheus' text format; nil where it is off.
  package var metrics: (@Sendable () -> String)?
  /// The body of `/cluster`, with the completed steps after a number, if there is one; nil disables the path.
  package var cluster: (@Sendable (_ stepsAfter: UInt64?) -> any Encodable & Sendable)?
  /// Where the time of a request went, by its id and the place of its key; nil disables `/trace`.
  package var trace: (@Sendable (_ id: String, _ key: Int) -> (any Encodable & Sendable)?)?
  /// What the engine is busy with; nil where that is not known.
  package var load: (@Sendable () -> ServerLoad)?
  /// Whether `/slots` shows what runs.
  package var servesSlots = true
  /// Whether the web page is served at `/`.
  package var servesPage = true

  package init() {}
}
